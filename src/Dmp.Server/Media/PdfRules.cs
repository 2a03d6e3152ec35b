using Dmp.Server.Options;

namespace Dmp.Server.Media;

/// <summary>Which PDFs the settings refuse.</summary>
internal sealed class PdfRules(UploadOptions options)
{
    /// <summary>Null when the PDF is accepted.</summary>
    public MediaFault? Check(PdfFindings findings)
    {
        if (findings.IsEncrypted && !options.AllowEncryptedPdf)
        {
            return new MediaFault(MediaFaultKind.PdfEncrypted, "The PDF is encrypted.");
        }

        if (!options.AllowActivePdf)
        {
            if (findings.Active.Count > 0)
            {
                return new MediaFault(MediaFaultKind.PdfActive, string.Join(", ", findings.Active));
            }

            if (findings is { Unreadable: { } why, IsEncrypted: false })
            {
                return new MediaFault(MediaFaultKind.PdfUnreadable, $"The PDF cannot be looked into. {why}");
            }
        }

        return findings.Damaged is { } fault ? new MediaFault(MediaFaultKind.Damaged, fault) : null;
    }
}
