using Dmp.Cda;

namespace Dmp.Server.Media;

/// <summary>Checks the files that a document carries as they stream by, one after the other, by the rules of other uploads.</summary>
internal sealed class EmbeddedFiles(PdfRules pdfRules, VirusScan virusScan)
{
    private CdaFile? file;
    private byte[] head = [];
    private EndOfFile end = new();
    private ContentSniffer sniffer = new();
    private PdfScanner pdf = new();
    private RtfScanner rtf = new();

    /// <summary>
    /// The body of level 1 that says it is a file must be one in base 64. Text may stand there as it is.
    /// </summary>
    public static MediaFault? CheckBody(CdaBody body) =>
        body is not { Level: 1, IsBase64: false } || EmbeddedKinds.MayBeText(body.MediaType)
            ? null
            : new MediaFault(
                MediaFaultKind.EmbeddedFile, "The embedded file is said to be of a type that is no text, but not to be in base 64.");

    /// <summary>Takes the next bytes; after the last ones of a file it is refused or not.</summary>
    public async ValueTask TakeAsync(CdaFilePart part, CancellationToken ct)
    {
        if (part.File != file)
        {
            (file, head, end, sniffer, pdf,
                rtf) = (part.File, [], new EndOfFile(), new ContentSniffer(), new PdfScanner(), new RtfScanner());
            await virusScan.BeginAsync(ct);
        }

        if (head.Length < MixedContent.HeadBytes || KosHeader.IsDicom(head) && head.Length < KosHeader.BytesMax)
        {
            head = [.. head, .. part.Bytes.Span[..Math.Min(part.Bytes.Length, KosHeader.BytesMax - head.Length)]];
        }

        end.Observe(part.Bytes.Span);
        sniffer.Observe(part.Bytes.Span);
        Look(part.Bytes.Span);
        await virusScan.WriteAsync(part.Bytes);
        if (part.IsLast)
        {
            // The next one may be called the same.
            file = null;
            await ConcludeAsync(part.File, ct);
        }
    }

    /// <summary>Which of the two it is shows at the end; what begins as neither is neither.</summary>
    private void Look(ReadOnlySpan<byte> bytes)
    {
        if (MayBegin("%PDF-"u8))
        {
            pdf.Write(bytes);
        }

        if (MayBegin("{\\rtf"u8))
        {
            rtf.Write(bytes);
        }
    }

    private bool MayBegin(ReadOnlySpan<byte> mark) => head.Length < MixedContent.HeadBytes || head.AsSpan().IndexOf(mark) >= 0;

    private async Task ConcludeAsync(CdaFile whole, CancellationToken ct)
    {
        var form = sniffer.Conclude();
        var fault = EmbeddedKinds.Check(whole, form, head)
            ?? (form == SniffedForm.Dicom ? KosHeader.Check(head) : null)
            ?? MixedContent.Check(form, head, end.Bytes)
            ?? form switch
            {
                SniffedForm.Pdf => pdfRules.Check(pdf.Conclude()),
                SniffedForm.Rtf => ContentInspector.RtfFault(rtf.Conclude()),
                _ => null,
            };
        if (fault is not null)
        {
            throw ContentInspector.Refusal(fault, whole.Place);
        }

        await virusScan.ConcludeAsync(whole.Place, ct);
    }

    /// <summary>The last bytes of a file that streams by: as many as <see cref="MixedContent"/> looks at.</summary>
    private sealed class EndOfFile
    {
        private byte[] window = [];
        private int length;

        public ReadOnlySpan<byte> Bytes => window.AsSpan(Math.Max(0, length - MixedContent.TailBytes)..length);

        public void Observe(ReadOnlySpan<byte> bytes)
        {
            bytes = bytes[Math.Max(0, bytes.Length - MixedContent.TailBytes)..];
            if (length + bytes.Length > window.Length && window.Length < 2 * MixedContent.TailBytes)
            {
                Array.Resize(ref window, Math.Min(2 * MixedContent.TailBytes, Math.Max(length + bytes.Length, window.Length * 2)));
            }

            if (length + bytes.Length > window.Length)
            {
                var kept = Bytes;
                kept.CopyTo(window);
                length = kept.Length;
            }

            bytes.CopyTo(window.AsSpan(length));
            length += bytes.Length;
        }
    }
}
