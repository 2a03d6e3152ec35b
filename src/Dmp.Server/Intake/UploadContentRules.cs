using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Storage;

namespace Dmp.Server.Intake;

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
    public static bool Agrees(string mediaType, SniffedForm form) => mediaType switch
    {
        "text/xml" or "application/xslt+xml" =>
            form is SniffedForm.CdaR2 or SniffedForm.CdaSelfPresenting or SniffedForm.OtherXml or SniffedForm.FhirXml,
        "application/fhir+json" => form is SniffedForm.Json,
        "application/fhir+xml" => form is SniffedForm.FhirXml or SniffedForm.OtherXml,
        "application/pdf" => form is SniffedForm.Pdf,
        "image/jpeg" => form is SniffedForm.Jpeg,
        "image/tiff" => form is SniffedForm.Tiff,
        "text/rtf" => form is SniffedForm.Rtf,
        "text/plain" => form is SniffedForm.PlainText or SniffedForm.Json,
        "application/dicom" => form is SniffedForm.Dicom,
        _ => false,
    };

    /// <summary>What is to be read: JSON and XML of FHIR may be sent as a text, or as XML, which says nothing of itself then.</summary>
    public static SniffedForm As(string mediaType, SniffedForm form) => (mediaType, form) switch
    {
        ("text/plain", SniffedForm.Json) => SniffedForm.PlainText,
        ("text/xml" or "application/xslt+xml", SniffedForm.FhirXml) => SniffedForm.OtherXml,
        ("application/fhir+xml", SniffedForm.OtherXml) => SniffedForm.FhirXml,
        _ => form,
    };

    /// <summary>The form in the words of the contract; <paramref name="level"/> is the level of a CDA document, if found.</summary>
    public static ContentForm ToContract(SniffedForm form, int? level) => (form, level) switch
    {
        (_, 3) => ContentForm.CdaStructured,
        (_, 1) => ContentForm.CdaUnstructured,
        (SniffedForm.CdaR2, _) => ContentForm.CdaOther,
        (SniffedForm.CdaSelfPresenting, _) => ContentForm.CdaSelfPresenting,
        (SniffedForm.OtherXml, _) => ContentForm.Xml,
        (SniffedForm.Pdf, _) => ContentForm.Pdf,
        (SniffedForm.Jpeg, _) => ContentForm.Jpeg,
        (SniffedForm.Tiff, _) => ContentForm.Tiff,
        (SniffedForm.Rtf, _) => ContentForm.Rtf,
        (SniffedForm.PlainText, _) => ContentForm.Text,
        (SniffedForm.Dicom, _) => ContentForm.DicomKos,
        _ => ContentForm.Unspecified,
    };
}
