using System.Buffers;
using Dmp.Cda;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Media;

/// <summary>
/// Looks at the durable bytes of an upload before they become a document, and refuses what is not accepted. Memory does not grow with the
/// document, but for FHIR, which is bounded. All bytes are read of a PDF, an RTF, a JPEG, a FHIR document, of a CDA document that may carry
/// files, and of everything when there is a virus scanner; of others the first kilobytes and the last.
/// </summary>
internal sealed class ContentInspector(
    Clamd clamd, Quarantine quarantine, IOptions<UploadOptions> uploads, IOptions<ScanOptions> scans, TimeProvider time,
    ILogger<ContentInspector> logger)
    : IDisposable
{
    /// <summary>The parser holds a CDATA section as a whole. Files are hardly ever in one, and most are far below this.</summary>
    private const int SectionBytesMax = 16 * 1024 * 1024;

    // A longer text is hardly blank.
    private const int BlankBytesMax = 64 * 1024;

    private static readonly SearchValues<byte> blanks = SearchValues.Create(
        [0, 9, 10, 11, 12, 13, 32, 0xA0, 0xBB, 0xBF, 0xC2, 0xEF, 0xFE, 0xFF]);

    private readonly PdfRules pdfRules = new(uploads.Value);

    // Looking into a PDF takes time and memory, within limits; so many take them at once, and the others wait for their turn.
    private readonly SemaphoreSlim turns = new(Math.Max(4, 2 * Environment.ProcessorCount));

    public void Dispose() => turns.Dispose();

    /// <summary>
    /// Throws the refusal of the contract, or <see cref="ContentUnavailableException"/> when the store fails. Answers what is odd about
    /// content that is accepted, in sentences.
    /// </summary>
    public async Task<IReadOnlyList<string>> InspectAsync(
        IContentReader reader, SniffedForm form, CdaDocument? header, Guid contentId, Guid serverRequestId, CancellationToken ct)
    {
        using var virusScan = new VirusScan(
            clamd, quarantine, scans.Value, reader, new InfectedContent(contentId, serverRequestId, ""), time, logger);
        if (await CheckEndsAsync(reader, form, ct) is { } mixed)
        {
            throw Refusal(mixed, "document");
        }

        var (fault, warning) = form switch
        {
            SniffedForm.Pdf => await CheckPdfAsync(reader, ct),
            SniffedForm.Rtf => await CheckRtfAsync(reader, ct),
            SniffedForm.Jpeg => (null, await CheckJpegAsync(reader, ct)),
            SniffedForm.Tiff => (null, await CheckTiffAsync(reader, ct)),
            SniffedForm.PlainText => (null, await CheckTextAsync(reader, ct)),
            _ => default,
        };
        if (fault is not null)
        {
            throw Refusal(fault, "document");
        }

        if (header?.Body is { } body && EmbeddedFiles.CheckBody(body) is { } wrong)
        {
            throw Refusal(wrong, "/ClinicalDocument/component/nonXMLBody/text");
        }

        if (form is SniffedForm.Json or SniffedForm.FhirXml)
        {
            await InTurnAsync(() => FhirCarried.CheckAsync(reader, new EmbeddedFiles(pdfRules, virusScan), time, ct), ct);
        }

        if (header is not null && (header.Body?.Level == 1 || header.FileCount != 0))
        {
            await InTurnAsync(() => CheckFilesAsync(reader, virusScan, ct), ct);
        }

        await virusScan.ScanWholeAsync(ct);
        return warning is null ? [] : [warning];
    }

    /// <summary>Null when the RTF neither acts nor carries files, and all of it can be read.</summary>
    internal static MediaFault? RtfFault(RtfFindings findings) => findings switch
    {
        { Active.Count: > 0 } => new MediaFault(
            MediaFaultKind.RtfActive, $"The RTF bears what acts or carries files: {string.Join(", ", findings.Active)}."),
        { IsCutInBinary: true } =>
            new MediaFault(MediaFaultKind.Damaged, "The RTF says that binary data is longer than what is left of it."),
        _ => null,
    };

    /// <summary>The failure of the contract for a fault.</summary>
    internal static RpcException Refusal(MediaFault fault, string place) => fault.Kind switch
    {
        MediaFaultKind.PdfEncrypted => Failures.Of(ErrorReason.PdfEncrypted, ("place", place)),
        MediaFaultKind.PdfActive => Failures.Of(ErrorReason.PdfActive, ("found", fault.Text), ("place", place)),
        _ => Failures.Of(ErrorReason.ContentNotAccepted, ("fault", $"{fault.Kind}"), ("place", place), ("description", fault.Text)),
    };

    private static bool IsXml(SniffedForm form) => form is SniffedForm.CdaR2 or SniffedForm.CdaSelfPresenting or SniffedForm.OtherXml;

    private static async Task<MediaFault?> CheckEndsAsync(IContentReader reader, SniffedForm form, CancellationToken ct)
    {
        var head = await ReadAsync(reader, 0, form == SniffedForm.Dicom ? KosHeader.BytesMax : MixedContent.HeadBytes, ct);
        if (form == SniffedForm.Dicom && KosHeader.Check(head.Span) is { } fault)
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

    private async Task<(MediaFault? Fault, string? Warning)> CheckPdfAsync(IContentReader reader, CancellationToken ct)
    {
        await turns.WaitAsync(ct);
        try
        {
            var pdf = new PdfScanner();
            await ReadAllAsync(reader, pdf.Write, ct);
            var findings = pdf.Conclude();
            return (pdfRules.Check(findings), findings.IsRepaired
                ? "The PDF has no end, or what comes behind it is too long: viewers have to repair it."
                : null);
        }
        finally
        {
            turns.Release();
        }
    }

    private static async Task<(MediaFault? Fault, string? Warning)> CheckRtfAsync(IContentReader reader, CancellationToken ct)
    {
        var rtf = new RtfScanner();
        await ReadAllAsync(reader, rtf.Write, ct);
        var findings = rtf.Conclude();
        return (RtfFault(findings), findings.IsWhole ? null : "Not each group of the RTF is closed: it is cut off.");
    }

    private static async Task<string?> CheckJpegAsync(IContentReader reader, CancellationToken ct)
    {
        var jpeg = new JpegCheck();
        await ReadAllAsync(reader, jpeg.Write, ct);
        return jpeg.Fault;
    }

    private static async Task<string?> CheckTiffAsync(IContentReader reader, CancellationToken ct)
    {
        var head = await ReadAsync(reader, 0, 8, ct);
        if (TiffCheck.FindDirectory(head.Span) is not { } at)
        {
            return null;
        }

        var directory = await ReadAsync(reader, Math.Min(at, reader.Length), TiffCheck.DirectoryBytesMax, ct);
        return TiffCheck.Check(head.Span, directory.Span, reader.Length);
    }

    private static async Task<string?> CheckTextAsync(IContentReader reader, CancellationToken ct)
    {
        var head = await ReadAsync(reader, 0, BlankBytesMax, ct);
        return reader.Length <= BlankBytesMax && !head.Span.ContainsAnyExcept(blanks)
            ? "The text is blank."
            : null;
    }

    private static async Task ReadAllAsync(IContentReader reader, Action<ReadOnlySpan<byte>> take, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        int read;
        for (var offset = 0L; (read = await reader.ReadAsync(offset, buffer, ct)) > 0; offset += read)
        {
            take(buffer.AsSpan(0, read));
        }
    }

    private async Task InTurnAsync(Func<Task> check, CancellationToken ct)
    {
        await turns.WaitAsync(ct);
        try
        {
            await check();
        }
        finally
        {
            turns.Release();
        }
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
