using Dmp.Facts;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>What was read so far, and what was not.</summary>
internal sealed class FactLedger(FactLimits limits, Cuts cuts)
{
    private readonly List<Fact> facts = [];
    private readonly Dictionary<(string? Section, string Title, UnreadReason Reason), int> unread = [];
    private int entries;

    public FactReading Reading() => new(
        facts, [.. unread.Select(entry => new Unread(entry.Key.Section, entry.Key.Title, entry.Key.Reason, entry.Value))], null);

    /// <summary>The number of an entry, from 1 in the document.</summary>
    public int NextEntry(DocumentSection section)
    {
        CountCuts(section);
        return ++entries;
    }

    /// <summary>As many facts are there as are read of one document.</summary>
    public bool IsFull => facts.Count >= limits.FactsMax;

    /// <summary>False when the fact is one too many, which is counted.</summary>
    public bool HasRoom(DocumentSection section)
    {
        if (!IsFull)
        {
            return true;
        }

        Count(section, UnreadReason.TooMany);
        return false;
    }

    public void Add(Fact fact, DocumentSection section)
    {
        facts.Add(fact);
        if (fact is Medication { Product.IsNameless: true })
        {
            Count(section, UnreadReason.NoProduct);
        }
    }

    /// <summary>A section that states nothing is an entry of its own.</summary>
    public void AddAbsence(Fact fact, DocumentSection section)
    {
        if (HasRoom(section))
        {
            facts.Add(fact with { Source = new FactSource(section.Code, section.Title, ++entries, 1, null, null, []) });
        }
    }

    /// <summary>Pictures and files that a resource brings or points to.</summary>
    public void CountLinked(DocumentSection section, FhirNode resource) => Count(
        section,
        UnreadReason.Linked,
        resource.Of("presentedForm").Count() + resource.Of("media").Count() + (resource.Find("sourceAttachment") is null ? 0 : 1));

    public void CountCuts(DocumentSection section) => Count(section, UnreadReason.TooLarge, cuts.Take());

    /// <summary>What cannot be told by its own section any more is told together.</summary>
    public void Count(DocumentSection section, UnreadReason reason, int count = 1)
    {
        if (count == 0)
        {
            return;
        }

        var key = (section.Code, section.Title, reason);
        key = unread.ContainsKey(key) || unread.Count < limits.SectionsMax ? key : (null, "", reason);
        unread[key] = unread.GetValueOrDefault(key) + count;
    }
}
