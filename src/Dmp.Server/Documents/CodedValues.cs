using System.Collections.Frozen;
using Dmp.Type.V1;

namespace Dmp.Server.Documents;

/// <summary>
/// Published value sets of metadata, restated in <c>coded-values.tsv</c>: kinds of facilities (J02), practice settings (J04) and formats
/// (J60). Types, which have a class each, are in <see cref="DocumentTypes"/>.
/// </summary>
internal static class CodedValues
{
    /// <summary>A document of no published model (<i>modèle hors profils</i>), of whatever media type.</summary>
    private const string OtherFormat = "urn:asipSante:modelesHorsProfils:2011";

    private static readonly FrozenSet<(string Set, string System, string Code)> values = Read();

    // Formats that say what the bytes are, with their media types.
    private static readonly FrozenDictionary<string, string> formatMedia = new Dictionary<string, string>
    {
        ["urn:ihe:iti:xds-sd:pdf:2008"] = "application/pdf",
        ["urn:ihe:iti:xds-sd:text:2008"] = "text/plain",
        ["urn:ihe:iti-fr:xds-sd:jpeg:2010"] = "image/jpeg",
        ["urn:ihe:iti-fr:xds-sd:tiff:2010"] = "image/tiff",
        ["urn:ihe:iti-fr:xds-sd:rtf:2010"] = "text/rtf",
        ["1.2.840.10008.5.1.4.1.1.88.59"] = "application/dicom",
    }.ToFrozenDictionary();

    /// <summary>A kind of facility of value set J02.</summary>
    public static bool IsFacilityType(Coding code) => values.Contains(("J02", code.System, code.Code));

    /// <summary>A practice setting of value set J04.</summary>
    public static bool IsPracticeSetting(Coding code) => values.Contains(("J04", code.System, code.Code));

    /// <summary>A format of value set J60.</summary>
    public static bool IsFormat(Coding code) => values.Contains(("J60", code.System, code.Code));

    /// <summary>
    /// A format may be that of bytes of this media type. A CDA document may be of any, because one without a structured body has the format
    /// of what is inside; its own header is compared with it later. J60 has no format of FHIR, so a FHIR document may be of any that does
    /// not name other bytes.
    /// </summary>
    public static bool FitsMedia(Coding format, string mediaType) => mediaType switch
    {
        "" => true,
        "text/xml" or "application/xslt+xml" => formatMedia.GetValueOrDefault(format.Code) != "application/dicom",
        "application/fhir+json" or "application/fhir+xml" => !formatMedia.ContainsKey(format.Code),
        _ => format.Code == OtherFormat || formatMedia.GetValueOrDefault(format.Code) == mediaType,
    };

    private static FrozenSet<(string, string, string)> Read()
    {
        using var stream = typeof(CodedValues).Assembly.GetManifestResourceStream("coded-values.tsv")
            ?? throw new InvalidOperationException("coded-values.tsv is not embedded.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        var found = new HashSet<(string, string, string)>();
        while (reader.ReadLine() is { } line)
        {
            var columns = line.Split('\t');
            found.Add((columns[0], columns[1], columns[2]));
        }

        return found.ToFrozenSet();
    }
}
