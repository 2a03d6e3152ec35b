using System.Globalization;
using Dmp.Cda;
using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>The data types of HL7, as they are written.</summary>
internal sealed class Values(Narrative narrative)
{
    /// <summary>There is something, and no code for it (HL7: no information).</summary>
    public static readonly Coded none = new(null, null, null, null, "NI");

    public Coded? Code(CdaNode? node) => node is null
        ? null
        : new Coded(node["code"], node["codeSystem"], node["displayName"], OriginalText(node), node["nullFlavor"]);

    /// <summary>The words that an element points to, or has itself.</summary>
    public string? Words(CdaNode? text) => text is null
        ? null
        : narrative.Find(text.Find("reference")?["value"]) ?? (text.Text.Length > 0 ? text.Text : null);

    public string? OriginalText(CdaNode node) => Words(node.Find("originalText"));

    /// <summary>
    /// Who has what a statement says, when it is not the patient: the nearest subject, of the statement, of what it stands in, or of the
    /// section. Null for the patient.
    /// </summary>
    public Coded? Subject(CdaNode statement, OpenSection section)
    {
        var subject = section.Subject;
        for (var node = statement; node is not null; node = node.Parent)
        {
            if (node.Find("subject") is { } own)
            {
                subject = own;
                break;
            }
        }

        return subject is null ? null : Code(subject.Find("relatedSubject", "code")) ?? none;
    }

    /// <summary>The name that an element has.</summary>
    public static string? Name(CdaNode? node) => node?.Find("name")?.Text is { Length: > 0 } name ? name : null;

    /// <summary>A code that says something: an empty one, with a pointer to nothing, is none.</summary>
    public Coded? StatedCode(CdaNode? node) =>
        Code(node) is { } coded && (coded.Code ?? coded.Text ?? coded.NullFlavor) is not null ? coded : null;

    public static FactSource Source(CdaNode statement, OpenSection section) =>
        new(section.Code, section.Title, section.Entries, Ids(statement));

    public static Quantity? Quantity(CdaNode? node)
    {
        if (node is null || (node["value"] is null && node["nullFlavor"] is null))
        {
            return null;
        }

        var written = node["value"];
        return decimal.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? new Quantity(value, node["unit"], null, node["nullFlavor"])
            : new Quantity(null, node["unit"], written, node["nullFlavor"]);
    }

    /// <summary>A range, or one quantity, which is both of its ends.</summary>
    public static QuantityRange? Range(CdaNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var (low, high) = (Quantity(node.Find("low")), Quantity(node.Find("high")));
        var single = Quantity(node);
        return low is null && high is null ? single is null ? null : new QuantityRange(single, single) : new QuantityRange(low, high);
    }

    public static Moment? Moment(CdaNode? node)
    {
        if (node is null || (node["value"] is null && node["nullFlavor"] is null))
        {
            return null;
        }

        var written = node["value"];
        return new Moment(written is not null && CdaTime.TryRead(written, out var time) ? time : null, written, node["nullFlavor"]);
    }

    /// <summary>A stretch, or one point in time, which is both of its ends.</summary>
    public static Stretch? Stretch(CdaNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var (low, high, width) = (Moment(node.Find("low")), Moment(node.Find("high")), Quantity(node.Find("width")));
        var point = Moment(node);
        return low is null && high is null && width is null
            ? point is null ? null : new Stretch(point, point, null)
            : new Stretch(low, high, width);
    }

    private static IReadOnlyList<string> Ids(CdaNode node) =>
    [
        .. node.Of("id")
            .Where(id => id["root"] is not null)
            .Select(id => id["extension"] is { } extension ? $"{id["root"]}^{extension}" : id["root"]!),
    ];
}
