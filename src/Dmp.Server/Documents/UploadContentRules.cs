using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Content;
using Dmp.Server.Errors;
using ContentForm = Dmp.Document.V1.ContentForm;
using Form = Dmp.Server.Content.ContentForm;

namespace Dmp.Server.Documents;

/// <summary>Whether the bytes of an upload are what was said of them.</summary>
internal static class UploadContentRules
{
    /// <summary>The bytes that came are the bytes that were announced, at the start and at the end.</summary>
    public static void RequireAnnounced(UploadFinish finish, UploadIntent intent, ContentDigests content)
    {
        if (content.Size == 0)
        {
            throw Failures.Of(ErrorReason.DocumentEmpty);
        }

        var announced = finish.SizeBytes != content.Size ? finish.SizeBytes
            : intent.HasExpectedSizeBytes && intent.ExpectedSizeBytes != content.Size ? intent.ExpectedSizeBytes
            : content.Size;
        if (announced != content.Size)
        {
            throw Failures.Of(
                ErrorReason.SizeMismatch, ("received_bytes", $"{content.Size}"), ("announced_bytes", $"{announced}"));
        }

        if (!finish.Sha256.Span.SequenceEqual(content.Sha256)
            || !intent.ExpectedSha256.IsEmpty && !intent.ExpectedSha256.Span.SequenceEqual(content.Sha256))
        {
            throw Failures.Of(ErrorReason.DigestMismatch);
        }
    }

    /// <summary>The content may be what its media type says.</summary>
    public static bool Agrees(string mediaType, Form form) => mediaType switch
    {
        "text/xml" or "application/xslt+xml" => form is Form.CdaR2 or Form.CdaSelfPresenting or Form.OtherXml,
        "application/pdf" => form is Form.Pdf,
        "image/jpeg" => form is Form.Jpeg,
        "image/tiff" => form is Form.Tiff,
        "text/rtf" => form is Form.Rtf,
        "text/plain" => form is Form.PlainText,
        "application/dicom" => form is Form.Dicom,
        _ => false,
    };

    /// <summary>The form in the words of the contract; <paramref name="level"/> is the level of a CDA document, if found.</summary>
    public static ContentForm ToContract(Form form, int? level) => (form, level) switch
    {
        (_, 3) => ContentForm.CdaStructured,
        (_, 1) => ContentForm.CdaUnstructured,
        (Form.CdaR2, _) => ContentForm.CdaOther,
        (Form.CdaSelfPresenting, _) => ContentForm.CdaSelfPresenting,
        (Form.OtherXml, _) => ContentForm.Xml,
        (Form.Pdf, _) => ContentForm.Pdf,
        (Form.Jpeg, _) => ContentForm.Jpeg,
        (Form.Tiff, _) => ContentForm.Tiff,
        (Form.Rtf, _) => ContentForm.Rtf,
        (Form.PlainText, _) => ContentForm.Text,
        (Form.Dicom, _) => ContentForm.DicomKos,
        _ => ContentForm.Unspecified,
    };
}
