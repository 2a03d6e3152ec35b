using Dmp.Cda;

namespace Dmp.Server.Media;

/// <summary>Which files a document may carry, by their bytes and by what the document says they are.</summary>
internal static class EmbeddedKinds
{
    /// <summary>Null when the file may be there.</summary>
    /// <param name="file">What the document says of it.</param>
    /// <param name="form">What its bytes are.</param>
    /// <param name="head">Its first bytes.</param>
    public static MediaFault? Check(CdaFile file, SniffedForm form, ReadOnlySpan<byte> head)
    {
        if (file.Compression is not null)
        {
            return Fault("The embedded file is packed (compression); nobody could look into it.");
        }

        if (head.IsEmpty)
        {
            // The pictures that a section refers to are elsewhere, and may be; the document itself may not.
            return !file.IsBody || file is { IsText: true, IsElsewhere: false } ? null
                : Fault(
                    file.IsElsewhere
                        ? "The body of the document is only a reference to what is elsewhere."
                        : "The embedded file is empty.");
        }

        var isPicture = form is SniffedForm.Jpeg or SniffedForm.Tiff || !file.IsBody && IsPictureOfSections(head);
        if (form == SniffedForm.Unknown && !isPicture)
        {
            return Fault("The embedded file is of no kind that is accepted.");
        }

        if (form is SniffedForm.CdaR2 or SniffedForm.CdaSelfPresenting)
        {
            return Fault("The embedded file is a CDA document, which must be a document of its own.");
        }

        if (form == SniffedForm.FhirXml || form == SniffedForm.Json && head.IndexOf("\"resourceType\""u8) >= 0)
        {
            return Fault("The embedded file is a FHIR resource, which must be a document of its own.");
        }

        return Agrees(file, form, isPicture) ? null
            : Fault("The embedded file is not of the media type that the document gives it, or of one that is not accepted.");
    }

    /// <summary>What need not be in base 64.</summary>
    public static bool MayBeText(string? mediaType) =>
        Plain(mediaType) is null or "text/plain" or "text/rtf" or "application/rtf" or "text/xml" or "application/xml";

    /// <summary>Pictures among sections are mislabelled in published examples, and no viewer trusts their label.</summary>
    private static bool Agrees(CdaFile file, SniffedForm form, bool isPicture) => (Plain(file.MediaType), file.IsBody) switch
    {
        (null, _) or ("application/octet-stream", false) => true,
        ("image/jpeg" or "image/jpg", true) => form == SniffedForm.Jpeg,
        ("image/tiff" or "image/tif", true) => form == SniffedForm.Tiff,
        ({ } type, false) when type.StartsWith("image/", StringComparison.Ordinal) => isPicture,
        ("application/pdf", _) => form == SniffedForm.Pdf,
        ("text/rtf" or "application/rtf", _) => form == SniffedForm.Rtf,
        ("text/plain" or "text/xml" or "application/xml", _) =>
            form is SniffedForm.PlainText or SniffedForm.OtherXml or SniffedForm.Json or SniffedForm.FhirXml,
        ("application/dicom", _) => form == SniffedForm.Dicom,
        _ => false,
    };

    /// <summary>Kinds that are no document by themselves, but are among sections of published examples.</summary>
    private static bool IsPictureOfSections(ReadOnlySpan<byte> head) =>
        head is [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..]
        || head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8);

    private static string? Plain(string? mediaType) => mediaType?.Split(';')[0].Trim();

    private static MediaFault Fault(string text) => new(MediaFaultKind.EmbeddedFile, text);
}
