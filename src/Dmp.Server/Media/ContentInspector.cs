using Dmp.Cda;
using Dmp.Error.V1;
using Dmp.Server.Content;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Media;

/// <summary>
/// Looks at the durable bytes of an upload before they become a document, and refuses what is not accepted. Memory does not grow with the
/// document. All bytes are read of a PDF, of a CDA document that may carry files, and of everything when there is a virus scanner; of
/// others the first kilobytes and the last.
/// </summary>
internal sealed class ContentInspector(
    Clamd clamd, Quarantine quarantine, IOptions<UploadOptions> uploads, IOptions<ScanOptions> scans, TimeProvider time, ILogger<ContentInspector> logger)
{
    /// <summary>The parser holds a CDATA section as a whole. Files are hardly ever in one, and most are far below this.</summary>
    private const int SectionBytesMax = 16 * 1024 * 1024;

    private readonly PdfRules pdfRules = new(uploads.Value);

    /// <summary>Throws the refusal of the contract, or <see cref="ContentUnavailableException"/> when the store fails.</summary>
    public async Task InspectAsync(
        IContentReader reader, ContentForm form, CdaDocument? header, Guid contentId, Guid serverRequestId, CancellationToken ct)
    {
        using var virusScan = new VirusScan(
            clamd, quarantine, scans.Value, reader, new InfectedContent(contentId, serverRequestId, ""), time, logger);
        if (!IsXml(form) && await CheckEndsAsync(reader, form, ct) is { } mixed)
        {
            throw Refusal(mixed, "document");
        }

        if (form == ContentForm.Pdf && pdfRules.ReadsPdf && await CheckPdfAsync(reader, ct) is { } fault)
        {
            throw Refusal(fault, "document");
        }

        if (header?.Body is { } body && EmbeddedFiles.CheckBody(body) is { } wrong)
        {
            throw Refusal(wrong, "/ClinicalDocument/component/nonXMLBody/text");
        }

        if (header is not null && (header.Body?.Level == 1 || header.FileCount != 0))
        {
            await CheckFilesAsync(reader, virusScan, ct);
        }

        await virusScan.ScanWholeAsync(ct);
    }

    /// <summary>The failure of the contract for a fault.</summary>
    internal static RpcException Refusal(MediaFault fault, string place) => fault.Kind switch
    {
        MediaFaultKind.PdfEncrypted => Failures.Of(ErrorReason.PdfEncrypted, ("place", place)),
        MediaFaultKind.PdfActive => Failures.Of(ErrorReason.PdfActive, ("found", fault.Text), ("place", place)),
        _ => Failures.Of(ErrorReason.ContentNotAccepted, ("fault", $"{fault.Kind}"), ("place", place), ("description", fault.Text)),
    };

    private static bool IsXml(ContentForm form) => form is ContentForm.CdaR2 or ContentForm.CdaSelfPresenting or ContentForm.OtherXml;

    private static async Task<MediaFault?> CheckEndsAsync(IContentReader reader, ContentForm form, CancellationToken ct)
    {
        var head = await ReadAsync(reader, 0, form == ContentForm.Dicom ? KosHeader.BytesMax : MixedContent.HeadBytes, ct);
        if (form == ContentForm.Dicom && KosHeader.Check(head.Span) is { } fault)
        {
            return fault;
        }

        var tail = await ReadAsync(reader, Math.Max(0, reader.Length - MixedContent.TailBytes), MixedContent.TailBytes, ct);
        return MixedContent.Check(form, head.Span, tail.Span);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(IContentReader reader, long offset, int bytesMax, CancellationToken ct)
    {
        var buffer = new byte[Math.Min(bytesMax, reader.Length - offset)];
        return buffer.AsMemory(0, await reader.ReadAsync(offset, buffer, ct));
    }

    private async Task<MediaFault?> CheckPdfAsync(IContentReader reader, CancellationToken ct)
    {
        var pdf = new PdfScanner();
        var buffer = new byte[64 * 1024];
        int read;
        for (var offset = 0L; (read = await reader.ReadAsync(offset, buffer, ct)) > 0; offset += read)
        {
            pdf.Write(buffer.AsSpan(0, read));
        }

        return pdfRules.Check(pdf.Conclude());
    }

    private async Task CheckFilesAsync(IContentReader reader, VirusScan virusScan, CancellationToken ct)
    {
        await using var stream = new ContentStream(reader, long.MaxValue);
        var files = new EmbeddedFiles(pdfRules, virusScan);
        var options = new CdaReaderOptions
        {
            Files = files.TakeAsync,
            BodyMarkupBytesMax = SectionBytesMax,
            DocumentBytesMax = uploads.Value.DocumentBytesMax,
            Time = time,
        };
        var read = await CdaReader.ReadAsync(stream, options, ct);
        if (read.Document is null)
        {
            var fault = read.Faults[^1];
            throw Failures.Of(ErrorReason.CdaUnreadable, ("fault", $"{fault.Kind}"), ("place", fault.Place), ("description", fault.Text));
        }
    }
}
