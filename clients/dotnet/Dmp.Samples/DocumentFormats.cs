namespace Dmp.Samples;

/// <summary>Format codes of the value set J60 for what this library makes or finds beside CDA.</summary>
internal static class DocumentFormats
{
    public const string TreA06 = "1.2.250.1.213.1.1.4.2.282";
    public const string Ihe = "1.3.6.1.4.1.19376.1.2.3";

    /// <summary>Structured, but of no model that has a format code of its own.</summary>
    public static readonly (string Code, string System) OtherModel = ("urn:asipSante:modelesHorsProfils:2011", TreA06);

    private static readonly string[] mediaTypes = ["application/pdf", "text/plain", "image/jpeg", "text/rtf", "image/tiff"];

    /// <summary>Every format this library may answer.</summary>
    public static IEnumerable<(string Code, string System)> All => [.. mediaTypes.Select(OfMediaType), OtherModel];

    /// <summary>Of an embedded file, or of one that stands alone.</summary>
    public static (string Code, string System) OfMediaType(string? mediaType) => mediaType switch
    {
        "application/pdf" => ("urn:ihe:iti:xds-sd:pdf:2008", Ihe),
        "text/plain" => ("urn:ihe:iti:xds-sd:text:2008", Ihe),
        "image/jpeg" => ("urn:ihe:iti-fr:xds-sd:jpeg:2010", Ihe),
        "text/rtf" or "application/rtf" => ("urn:ihe:iti-fr:xds-sd:rtf:2010", Ihe),
        "image/tiff" => ("urn:ihe:iti-fr:xds-sd:tiff:2010", Ihe),
        _ => OtherModel,
    };
}
