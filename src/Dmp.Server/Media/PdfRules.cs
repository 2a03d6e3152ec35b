using Dmp.Server.Options;

namespace Dmp.Server.Media;

/// <summary>Which PDFs the settings refuse.</summary>
internal sealed class PdfRules(UploadOptions options)
{
    /// <summary>False when nothing that can be found would be refused.</summary>
    public bool ReadsPdf => !options.AllowEncryptedPdf || !options.AllowActivePdf;

    /// <summary>Null when the PDF is accepted.</summary>
    public MediaFault? Check(PdfFindings findings)
    {
        if (findings.IsEncrypted && !options.AllowEncryptedPdf)
        {
            return new MediaFault(MediaFaultKind.PdfEncrypted, "The PDF is encrypted.");
        }

        if (options.AllowActivePdf)
        {
            return null;
        }

        return findings.Active.Count > 0 ? new MediaFault(MediaFaultKind.PdfActive, string.Join(", ", findings.Active))
            : findings.Unreadable is { } why ? new MediaFault(MediaFaultKind.PdfUnreadable, $"The PDF cannot be looked into. {why}")
            : null;
    }
}
