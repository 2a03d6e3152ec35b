using System.Collections.Frozen;

namespace Dmp.Cda;

/// <summary>
/// The published associations: model of content to format (ASS_A11, 1.2.250.1.213.1.1.4.331, edition of 29 June 2026; the rapid test,
/// which is not in it, by its name in J60), type to class (ASS_X16).
/// </summary>
internal static class CdaTables
{
    private const string Ihe = "1.3.6.1.4.1.19376.1.2.3";
    private const string TreA06 = "1.2.250.1.213.1.1.4.2.282";

    /// <summary>Structured, but of no model that has a format of its own.</summary>
    public static readonly CdaCode OtherFormat = new("urn:asipSante:modelesHorsProfils:2011", TreA06, null);

    private static readonly FrozenDictionary<string, CdaCode> formats = Rows("format-codes.tsv")
        .ToFrozenDictionary(row => row[0], row => new CdaCode(row[1], row[2], null));

    private static readonly FrozenDictionary<(string, string), string> classes = Rows("document-types.tsv")
        .ToFrozenDictionary(row => (row[0], row[1]), row => row[2]);

    /// <summary>Every format a structured document may get.</summary>
    public static IEnumerable<CdaCode> Formats => formats.Values;

    /// <summary>
    /// The format that the declared models stand for. The last one in the document comes first, because the framework lets a
    /// document declare the general models before the own one.
    /// </summary>
    public static CdaCode? FormatOf(IReadOnlyList<CdaId> templateIds) =>
        templateIds.Reverse().Select(id => formats.GetValueOrDefault(id.Root)).FirstOrDefault(format => format is not null);

    /// <summary>The format of an embedded file; null when XDS-SD has none for it.</summary>
    public static CdaCode? FormatOf(string? mediaType) => mediaType?.Split(';')[0].Trim() switch
    {
        "application/pdf" => new("urn:ihe:iti:xds-sd:pdf:2008", Ihe, null),
        "text/plain" => new("urn:ihe:iti:xds-sd:text:2008", Ihe, null),
        "image/jpeg" => new("urn:ihe:iti-fr:xds-sd:jpeg:2010", Ihe, null),
        "image/tiff" => new("urn:ihe:iti-fr:xds-sd:tiff:2010", Ihe, null),
        "text/rtf" or "application/rtf" => new("urn:ihe:iti-fr:xds-sd:rtf:2010", Ihe, null),
        _ => null,
    };

    /// <summary>The class of a published type; null for another one.</summary>
    public static string? ClassOf(CdaCode? type) =>
        type is null ? null : classes.GetValueOrDefault((type.System, type.Code));

    private static List<string[]> Rows(string name)
    {
        using var stream = typeof(CdaTables).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        List<string[]> rows = [];
        while (reader.ReadLine() is { } line)
        {
            rows.Add(line.Split('\t'));
        }

        return rows;
    }
}
