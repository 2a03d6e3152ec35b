using System.Collections.Frozen;

namespace Dmp.Samples;

/// <summary>Format codes of the value set J60, and how a document shows which one is its own.</summary>
internal static class DocumentFormats
{
    public const string TreA06 = "1.2.250.1.213.1.1.4.2.282";
    public const string Ihe = "1.3.6.1.4.1.19376.1.2.3";

    /// <summary>Structured, but of no model that has a format code of its own.</summary>
    public static readonly (string Code, string System) OtherModel = ("urn:asipSante:modelesHorsProfils:2011", TreA06);

    // A CI-SIS model declares its OID as templateId. Where a model appeared in several editions the code of the edition
    // that is in the value set stands.
    private static readonly FrozenDictionary<string, (string, string)> ByTemplate = new Dictionary<string, (string, string)>
    {
        ["1.2.250.1.213.1.1.1.2.1.1"] = ("urn:asip:ci-sis:avk:2009", TreA06),
        ["1.2.250.1.213.1.1.1.5.1"] = ("urn:asip:ci-sis:cse-cs8:2017", TreA06),
        ["1.2.250.1.213.1.1.1.5.2"] = ("urn:asip:ci-sis:cse-cs9:2017", TreA06),
        ["1.2.250.1.213.1.1.1.5.3"] = ("urn:asip:ci-sis:cse-cs24:2017", TreA06),
        ["1.2.250.1.213.1.1.1.5.4"] = ("urn:ans:ci-sis:cse-mde:2023", TreA06),
        ["1.2.250.1.213.1.1.1.8"] = ("urn:asip:ci-sis:frcp:2011", TreA06),
        ["1.2.250.1.213.1.1.1.12.1"] = ("urn:asip:ci-sis:obp-sap:2023", TreA06),
        ["1.2.250.1.213.1.1.1.13"] = ("urn:asip:ci-sis:vsm:2012", TreA06),
        ["1.2.250.1.213.1.1.1.15"] = ("urn:asip:ci-sis:aunv:2013", TreA06),
        ["1.2.250.1.213.1.1.1.22"] = ("urn:asip:ci-sis:dlu:2015", TreA06),
        ["1.2.250.1.213.1.1.1.29"] = ("urn:asip:ci-sis:ldl-ses:2017", TreA06),
        ["1.2.250.1.213.1.1.1.30"] = ("urn:asip:ci-sis:sdm-mr:2017", TreA06),
        ["1.2.250.1.213.1.1.1.36"] = ("urn:asip:ci-sis:hr:2019", TreA06),
        ["1.2.250.1.213.1.1.1.37"] = ("urn:asip:ci-sis:vac:2019", TreA06),
        ["1.2.250.1.213.1.1.1.39"] = ("urn:ihe:pharm:pre:2010", Ihe),
        ["1.2.250.1.213.1.1.1.40"] = ("urn:asip:ci-sis:cr-anest:2020", TreA06),
        ["1.2.250.1.213.1.1.1.45"] = ("urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013", Ihe),
        ["1.2.250.1.213.1.1.1.47"] = ("urn:ans:ci-sis:img-da:2022", TreA06),
        ["1.2.250.1.213.1.1.1.51"] = ("urn:ihe:pcc:ips:2020", Ihe),
        ["1.2.250.1.213.1.1.1.54"] = ("urn:ihe:pharm:dis:2010", Ihe),
        ["1.2.250.1.213.1.1.1.55"] = ("urn:ihe:lab:xd-lab:2008", Ihe),
        ["1.2.250.1.213.1.1.1.59"] = ("urn:ans:ci-sis:trod:2024", TreA06),
    }.ToFrozenDictionary();

    private static readonly string[] MediaTypes = ["application/pdf", "text/plain", "image/jpeg", "text/rtf", "image/tiff"];

    /// <summary>Every format this library may answer.</summary>
    public static IEnumerable<(string Code, string System)> All => [.. ByTemplate.Values, .. MediaTypes.Select(OfMediaType), OtherModel];

    public static (string Code, string System) OfTemplates(IEnumerable<string> templateIds) =>
        templateIds.Reverse().Select(id => ByTemplate.GetValueOrDefault(id)).FirstOrDefault(format => format.Item1 is not null, OtherModel);

    /// <summary>Of an unstructured body, or of a file that stands alone.</summary>
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
