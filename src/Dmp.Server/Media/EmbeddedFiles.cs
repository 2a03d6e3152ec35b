using Dmp.Cda;
using Dmp.Server.Content;

namespace Dmp.Server.Media;

/// <summary>Checks the files that a CDA document carries in base 64 as they stream by, one after the other, by the rules of other uploads.</summary>
internal sealed class EmbeddedFiles(PdfRules pdfRules, VirusScan virusScan)
{
    private CdaFile? file;
    private byte[] head = [];
    private ContentSniffer sniffer = new();
    private PdfScanner? pdf;

    /// <summary>
    /// The body of level 1 that says it is a file must be one in base 64. Text may stand there as it is.
    /// </summary>
    public static MediaFault? CheckBody(CdaBody body) =>
        body is { Level: 1, IsBase64: false, MediaType: "application/pdf" or "image/jpeg" or "image/jpg" or "image/tiff" or "image/tif" }
            ? new MediaFault(MediaFaultKind.EmbeddedFile, $"The embedded file is said to be {body.MediaType}, but not to be in base 64.")
            : null;

    /// <summary>Takes the next bytes; after the last ones of a file it is refused or not.</summary>
    public async ValueTask TakeAsync(CdaFilePart part, CancellationToken ct)
    {
        if (part.File != file)
        {
            (file, head, sniffer, pdf) = (part.File, [], new ContentSniffer(), pdfRules.ReadsPdf ? new PdfScanner() : null);
            await virusScan.BeginAsync(ct);
        }

        if (head.Length < MixedContent.HeadBytes)
        {
            head = [.. head, .. part.Bytes.Span[..Math.Min(part.Bytes.Length, MixedContent.HeadBytes - head.Length)]];
        }

        sniffer.Observe(part.Bytes.Span);
        pdf?.Write(part.Bytes.Span);
        await virusScan.WriteAsync(part.Bytes);
        if (part.IsLast)
        {
            await ConcludeAsync(part.File, ct);
        }
    }

    /// <summary>
    /// The bytes may be what <paramref name="mediaType"/> says. Of types that are not known here they must only not be of one that is.
    /// </summary>
    internal static bool Agrees(string? mediaType, ContentForm form) => mediaType switch
    {
        null => form != ContentForm.Unknown,
        "application/pdf" => form == ContentForm.Pdf,
        "image/jpeg" or "image/jpg" => form == ContentForm.Jpeg,
        "image/tiff" or "image/tif" => form == ContentForm.Tiff,
        "text/rtf" or "application/rtf" => form == ContentForm.Rtf,
        "text/plain" => form is ContentForm.PlainText or ContentForm.OtherXml,
        "application/dicom" => form == ContentForm.Dicom,
        _ => form is not (ContentForm.Pdf or ContentForm.Jpeg or ContentForm.Tiff or ContentForm.Rtf or ContentForm.Dicom),
    };

    private async Task ConcludeAsync(CdaFile whole, CancellationToken ct)
    {
        var form = sniffer.Conclude();
        // Pictures among sections are mislabelled in published examples, and no viewer trusts their label.
        if (whole.IsBody && !Agrees(whole.MediaType, form))
        {
            throw ContentInspector.Refusal(
                new MediaFault(MediaFaultKind.EmbeddedFile, "The embedded file is not of the media type that the document gives it."), whole.Place);
        }

        var fault = MixedContent.Check(form, head, []) ?? (form == ContentForm.Pdf && pdf is not null ? pdfRules.Check(pdf.Conclude()) : null);
        if (fault is not null)
        {
            throw ContentInspector.Refusal(fault, whole.Place);
        }

        await virusScan.ConcludeAsync(whole.Place, ct);
    }
}
