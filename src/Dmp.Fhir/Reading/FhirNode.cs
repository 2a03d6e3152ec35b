using System.Globalization;
using System.Text;

namespace Dmp.Fhir.Reading;

/// <summary>
/// An element of a resource, the same from JSON and from XML: a name, a value where it is primitive, and what it holds. An array is as many
/// elements of one name. Values are kept as they are written: numbers too.
/// </summary>
internal sealed class FhirNode(string name, FhirNode? parent)
{
    private FhirNode? first;
    private FhirNode? last;
    private FhirNode? next;

    public string Name => name;

    public FhirNode? Parent => parent;

    /// <summary>The value of a primitive element; of the text of XML narratives, the words.</summary>
    public string? Value { get; set; }

    /// <summary>The type, where the element is a resource.</summary>
    public string? Type { get; set; }

    /// <summary>There was a value, too long to keep.</summary>
    public bool IsCut { get; set; }

    /// <summary>The value is words already, and no markup.</summary>
    public bool IsWords { get; set; }

    /// <summary>Nothing is said: a null that only keeps a place in an array, or an object without members.</summary>
    public bool IsEmpty => Value is null && first is null && Type is null && !IsCut;

    public FhirNode Add(string childName)
    {
        var child = new FhirNode(childName, this);
        Append(child);
        return child;
    }

    /// <summary>Takes over what another element holds: the extensions of a primitive value are written beside it in JSON.</summary>
    public void Adopt(FhirNode other)
    {
        for (var child = other.first; child is not null;)
        {
            var following = child.next;
            var adopted = Add(child.Name);
            (adopted.Value, adopted.Type, adopted.IsCut) = (child.Value, child.Type, child.IsCut);
            adopted.Adopt(child);
            child = following;
        }
    }

    /// <summary>Lets go of everything that it holds.</summary>
    public void Clear() => (first, last) = (null, null);

    private void Append(FhirNode child)
    {
        if (last is null)
        {
            first = child;
        }
        else
        {
            last.next = child;
        }

        last = child;
    }

    /// <summary>The value of the first child of a name; null when there is none.</summary>
    public string? this[string childName] => Find(childName)?.Value;

    public IEnumerable<FhirNode> Children
    {
        get
        {
            for (var child = first; child is not null; child = child.next)
            {
                if (!child.IsEmpty)
                {
                    yield return child;
                }
            }
        }
    }

    /// <summary>The first child of a name that says something.</summary>
    public FhirNode? Find(string childName)
    {
        for (var child = first; child is not null; child = child.next)
        {
            if (child.Name == childName && !child.IsEmpty)
            {
                return child;
            }
        }

        return null;
    }

    public FhirNode? Find(string childName, string grandchild) => Find(childName)?.Find(grandchild);

    /// <summary>All children of a name that say something.</summary>
    public IEnumerable<FhirNode> Of(string childName)
    {
        for (var child = first; child is not null; child = child.next)
        {
            if (child.Name == childName && !child.IsEmpty)
            {
                yield return child;
            }
        }
    }

    /// <summary>All children of a name, those too that only keep a place in an array.</summary>
    public IEnumerable<FhirNode> Slots(string childName)
    {
        for (var child = first; child is not null; child = child.next)
        {
            if (child.Name == childName)
            {
                yield return child;
            }
        }
    }

    /// <summary>The one of the elements <c>value[x]</c> that is there, and its type as in the name.</summary>
    public (FhirNode Node, string Type)? Choice(string prefix)
    {
        for (var child = first; child is not null; child = child.next)
        {
            if (child.Name.Length > prefix.Length
                && child.Name.StartsWith(prefix, StringComparison.Ordinal)
                && char.IsAsciiLetterUpper(child.Name[prefix.Length])
                && !child.IsEmpty)
            {
                return (child, child.Name[prefix.Length..]);
            }
        }

        return null;
    }

    /// <summary>The extension of a URL.</summary>
    public FhirNode? Extension(string url) => Of("extension").FirstOrDefault(extension => extension["url"] == url);

    /// <summary>The resource of the entry that this belongs to: what is contained belongs to what contains it.</summary>
    public FhirNode Resource
    {
        get
        {
            var node = this;
            while (node.Parent is { } around && !(node.Type is not null && node.Name == "resource"))
            {
                node = around;
            }

            return node;
        }
    }

    /// <summary>Where it is, as in FHIRPath. Names are those that were looked for, so they are FHIR's and not the document's.</summary>
    public string Path
    {
        get
        {
            List<string> steps = [];
            for (var node = this; node is not null; node = node.Parent)
            {
                steps.Add(node.Step());
            }

            steps.Reverse();
            return string.Join('.', steps);
        }
    }

    private string Step()
    {
        if (Parent is null)
        {
            return Name;
        }

        var (place, count) = (0, 0);
        foreach (var slot in Parent.Slots(Name))
        {
            place = ReferenceEquals(slot, this) ? count : place;
            count++;
        }

        return count > 1 || Name == "entry" ? string.Create(CultureInfo.InvariantCulture, $"{Name}[{place}]") : Name;
    }

    /// <summary>The words of a narrative (<c>div</c>) on one line, up to a limit; null when there are none.</summary>
    public string? Words(int charsMax) => Lines(charsMax)?.Replace('\n', ' ');

    /// <summary>The same, with an end of line behind each row, paragraph and item.</summary>
    public string? Lines(int charsMax)
    {
        if (IsWords)
        {
            return Facts.Reading.Words.Cut(Value!, charsMax).TrimEnd() is { Length: > 0 } cut ? cut : null;
        }

        var words = new StringBuilder();
        NarrativeWords.Append(words, Value, charsMax);
        return words.ToString().TrimEnd() is { Length: > 0 } said ? said : null;
    }
}
