namespace Dmp.Cda;

/// <summary>
/// One element of one part of the header, such as an author, with what is in it. Only one part is held at a time; the
/// document as a whole never is.
/// </summary>
/// <param name="parent">The element that it stands in; null for a part.</param>
/// <param name="name">Its name.</param>
/// <param name="number">Of a part: which one of its name, from 1.</param>
internal sealed class CdaNode(CdaNode? parent, string name, int number)
{
    private List<CdaNode>? children;
    private List<KeyValuePair<string, string>>? attributes;

    public CdaNode? Parent => parent;

    public string Name => name;

    /// <summary>Character data directly in the element, with runs of blanks as one blank; empty when there is none.</summary>
    public string Text => RawText.TrimEnd();

    /// <summary>The same with the blank at the end, behind which more may come.</summary>
    public string RawText { get; set; } = "";

    public IReadOnlyList<CdaNode> Children => children ?? (IReadOnlyList<CdaNode>)[];

    /// <summary>The value is one of HL7's ways to say that there is none.</summary>
    public bool IsNull => this["nullFlavor"] is not null;

    /// <summary>
    /// Where it stands. Its number among those of its name is looked for only now: it is told with a fault, and never else.
    /// </summary>
    public string Place => $"{parent?.Place ?? "/ClinicalDocument"}/{name}{(Number is > 1 and var own ? $"[{own}]" : "")}";

    private int Number => parent is null ? number : parent.Of(name).TakeWhile(node => node != this).Count() + 1;

    public string? this[string attribute]
    {
        get
        {
            foreach (var (key, value) in attributes ?? [])
            {
                if (key == attribute)
                {
                    return value;
                }
            }

            return null;
        }
    }

    public CdaNode Add(string child)
    {
        var added = new CdaNode(this, child, 0);
        (children ??= []).Add(added);
        return added;
    }

    public void AddAttribute(string attribute, string value) => (attributes ??= []).Add(new(attribute, value));

    public IEnumerable<CdaNode> Of(string child) => (children ?? []).Where(node => node.Name == child);

    /// <summary>The first element along a path; null when there is none.</summary>
    public CdaNode? Find(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var step in path)
        {
            node = node.Of(step).FirstOrDefault();
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }
}
