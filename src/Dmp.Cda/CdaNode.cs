namespace Dmp.Cda;

/// <summary>
/// One element of one part of the header, such as an author, with what is in it. Only one part is held at a time; the
/// document as a whole never is.
/// </summary>
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

    public string Place => $"{parent?.Place ?? "/ClinicalDocument"}/{name}{(number > 1 ? $"[{number}]" : "")}";

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
        var added = new CdaNode(this, child, Of(child).Count() + 1);
        (children ??= []).Add(added);
        return added;
    }

    /// <summary>The same where places are not told: its number is not looked for.</summary>
    public CdaNode AddUncounted(string child)
    {
        var added = new CdaNode(this, child, 1);
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
