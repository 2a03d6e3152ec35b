using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <summary>The sections of the composition, the outer ones before the inner ones, with what their entries lead to.</summary>
internal sealed class DocumentSections(FhirBundle bundle, FactMaker maker, FactLedger ledger)
{
    private const string Loinc = "http://loinc.org";

    /// <summary>Everything that a section names itself, and does not only hold by what it names.</summary>
    public static HashSet<FhirNode> Named(FhirBundle bundle)
    {
        HashSet<FhirNode> named = [];
        Stack<FhirNode> open = new(bundle.Composition.Of("section"));
        while (open.TryPop(out var section))
        {
            named.UnionWith(section.Of("entry").Select(bundle.Peek).OfType<FhirNode>());
            foreach (var inner in section.Of("section"))
            {
                open.Push(inner);
            }
        }

        return named;
    }

    public IEnumerable<DocumentSection> Read()
    {
        Stack<(FhirNode Node, FactAuthor? Author)> open = new();
        Push(bundle.Composition, null);
        while (open.TryPop(out var next))
        {
            var section = Section(next.Node, next.Author);
            yield return section;
            ledger.CountCuts(section);
            Push(next.Node, section.Author);
        }

        void Push(FhirNode holder, FactAuthor? author)
        {
            foreach (var inner in holder.Of("section").Reverse())
            {
                open.Push((inner, author));
            }
        }
    }

    private DocumentSection Section(FhirNode node, FactAuthor? around)
    {
        var codings = node.Find("code")?.Of("coding").ToList() ?? [];
        var coding = codings.FirstOrDefault(one => one["system"] == Loinc) ?? codings.FirstOrDefault();
        var section = new DocumentSection(maker.Values.Kept(coding?["code"]), maker.Values.Words(node["title"]) ?? "")
        {
            Author = maker.People.Named(node.Find("author"), null) ?? around,
        };
        var hasEntries = false;
        foreach (var reference in node.Of("entry"))
        {
            hasEntries = true;
            Accept(reference, section);
        }

        if (!hasEntries)
        {
            WithoutEntries(node, section);
        }

        return section;
    }

    private void Accept(FhirNode reference, DocumentSection section)
    {
        if (bundle.Follow(reference) is { } target)
        {
            section.Targets.Add(target);
        }
        else if (bundle.PassedOver == 0)
        {
            // It names another document, or nothing. Where entries were passed over it may be one of these, which are counted.
            ledger.Count(section, UnreadReason.Linked);
        }
    }

    /// <summary>A section that says why it is empty states that there is nothing; one of words alone is counted.</summary>
    private void WithoutEntries(FhirNode node, DocumentSection section)
    {
        var words = node.Find("text")?.Find("div");
        if (maker.Absent(node, section, words) is { } absence)
        {
            ledger.AddAbsence(absence, section);
        }
        else if (words is not null && (words.IsCut || words.Words(1) is not null))
        {
            ledger.Count(section, UnreadReason.TextOnly);
        }
    }
}
