using System.Globalization;

namespace Dmp.Xdm;

/// <summary>Names of files on a medium: eight and three capital letters, as ISO 9660 level 1 wants them.</summary>
public static class XdmNames
{
    /// <summary>The most submission sets of a package.</summary>
    public const int SubsetsMax = 99_999;

    /// <summary>The directory of a submission set.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <returns>Its name with all above it.</returns>
    public static string Subset(int number) => number <= 99
        ? string.Create(CultureInfo.InvariantCulture, $"IHE_XDM/SUBSET{number:00}")
        : string.Create(CultureInfo.InvariantCulture, $"IHE_XDM/SET{number:00000}");

    /// <summary>The file of a document.</summary>
    /// <param name="number">Its number in the submission set, from 1.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <returns>Its name.</returns>
    public static string Document(int number, string mediaType)
    {
        var extension = mediaType switch
        {
            "text/xml" => "XML",
            "application/fhir+xml" => "XML",
            "application/fhir+json" => "JSN",
            "application/xslt+xml" => "XSL",
            "application/pdf" => "PDF",
            "image/jpeg" => "JPG",
            "image/tiff" => "TIF",
            "text/rtf" or "application/rtf" => "RTF",
            "text/plain" => "TXT",
            "application/dicom" => "DCM",
            _ => "BIN",
        };
        return string.Create(CultureInfo.InvariantCulture, $"DOC{number:00000}.{extension}");
    }
}
