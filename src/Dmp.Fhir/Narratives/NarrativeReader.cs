using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Narratives;

/// <summary>The narratives of a document, without what is said twice.</summary>
internal sealed class NarrativeReader(FhirBundle bundle)
{
    private static readonly string[] loinc = ["http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"];

    private readonly List<FhirNarrative> narratives = [];
    private readonly SaidWords said = new();

    /// <summary>Room for long narratives, and for no other long values: files are of no use here.</summary>
    public static FhirReaderOptions Options(FhirReaderOptions options) => options with
    {
        NarrativeCharsMax = options.ValueCharsMax,
        ValueCharsMax = Math.Min(options.ValueCharsMax, new FhirReaderOptions().ValueCharsMax),
    };

    public static List<FhirNarrative> Read(FhirBundle bundle)
    {
        var reader = new NarrativeReader(bundle);
        reader.ReadSections();
        reader.ReadResources();
        return reader.narratives;
    }

    private void ReadSections()
    {
        Stack<FhirNode> open = new(bundle.Composition.Of("section").Reverse());
        while (open.TryPop(out var section))
        {
            var title = (section["title"] ?? "").ReplaceLineEndings(" ").Trim();
            var code = section.Find("code")?.Of("coding").FirstOrDefault(one => loinc.Contains(one["system"]))?["code"];
            if (Add(title, code, section) is { } text)
            {
                said.Add(text);
            }

            foreach (var inner in section.Of("section").Reverse())
            {
                open.Push(inner);
            }
        }
    }

    /// <summary>Those too of which nothing else is read: words for people hold whatever a resource is an exception to.</summary>
    private void ReadResources()
    {
        foreach (var resource in bundle.Root.Slots("entry").Select(entry => entry.Find("resource")).OfType<FhirNode>())
        {
            Add("", null, resource);
        }
    }

    private string? Add(string title, string? code, FhirNode holder)
    {
        bundle.Budget.CheckTime();
        var div = holder.Find("text", "div");
        var text = div?.Lines(bundle.Options.NarrativeCharsMax!.Value);
        var isCut = div is { IsCut: true };
        if (title.Length > 0 || isCut || (text is not null && (holder.Name == "section" || !said.Has(text))))
        {
            narratives.Add(new FhirNarrative(title, code, text ?? "", isCut));
        }

        return text;
    }
}
