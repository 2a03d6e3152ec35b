using System.Security;
using System.Text;
using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;

namespace Dmp.Care.Summaries;

/// <summary>A section of the summary: its entries, as many as it has room for, and all of them in words.</summary>
/// <param name="Code">LOINC.</param>
/// <param name="Display">The name that LOINC has for it.</param>
/// <param name="Title">Its title in the language of the summary.</param>
/// <param name="BytesMax">Most bytes of its entries; what is beyond is counted in its words.</param>
internal sealed record IpsSection(string Code, string Display, string Title, int BytesMax)
{
    private const string Loinc = "http://loinc.org";
    private const int EntriesMax = 200;
    private const int WordsMax = 40;

    /// <summary>What stands in it, the most important first.</summary>
    public IReadOnlyList<IpsStatement> Statements { get; init; } = [];

    /// <summary>What is only told in words: statements that there is none beside one that there is, words without a code.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The beginning of the statements that has room.</summary>
    public IReadOnlyList<IpsStatement> Fitting()
    {
        var bytes = 0;
        return
        [
            .. Statements.Take(EntriesMax).TakeWhile(one => (bytes += Size(one.Body) + Size(one.Medicine) + Size(one.Device)) <= BytesMax),
        ];
    }

    /// <summary>The section.</summary>
    /// <param name="lines">Words around those of documents.</param>
    /// <param name="entries">The addresses of its entries.</param>
    /// <param name="fitting">The statements that they are.</param>
    public JsonObject Write(SummaryLines lines, IEnumerable<string> entries, IReadOnlyList<IpsStatement> fitting)
    {
        List<string> told = [.. fitting.Select(one => LineOf(lines, one))];
        if (fitting.Count < Statements.Count)
        {
            told.Add(lines.Words.More(Statements.Count - fitting.Count));
        }

        told.AddRange(Words.Take(WordsMax));
        return new JsonObject
        {
            ["title"] = Title,
            ["code"] = new JsonObject
            {
                ["coding"] = new JsonArray(new JsonObject { ["system"] = Loinc, ["code"] = Code, ["display"] = Display }),
            },
            ["text"] = Narrative(told, isMore: Words.Count > 0 || fitting.Count < Statements.Count),
            ["entry"] = new JsonArray([.. entries.Select(entry => (JsonNode)IpsBundle.Reference(entry))]),
        };
    }

    /// <summary>Lines as XHTML: every character of a document stands for itself.</summary>
    public static JsonObject Narrative(IEnumerable<string> told, bool isMore)
    {
        StringBuilder div = new("<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>");
        foreach (var line in told)
        {
            div.Append("<li>").Append(SecurityElement.Escape(line)).Append("</li>");
        }

        return new JsonObject
        {
            ["status"] = isMore ? "additional" : "generated",
            ["div"] = div.Append("</ul></div>").ToString(),
        };
    }

    private static string LineOf(SummaryLines lines, IpsStatement one)
    {
        var origin = one.Sources.Count > 0 ? lines.Origin(one.Sources[0]) : "";
        var words = ShownText.Of((one.ByPatient ? lines.Words.PatientPrefix : "") + one.Words);
        return origin.Length > 0 ? $"{words} ({origin})" : words;
    }

    private static int Size(JsonObject? body) => body is null ? 0 : Encoding.UTF8.GetByteCount(body.ToJsonString());
}
