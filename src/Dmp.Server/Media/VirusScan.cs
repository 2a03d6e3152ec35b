using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;

namespace Dmp.Server.Media;

/// <summary>
/// The scan of one document: its bytes, and each file that it carries in base 64, where a scanner does not look. Does nothing when no
/// scanner is configured.
/// </summary>
internal sealed class VirusScan(
    Clamd clamd, Quarantine quarantine, ScanOptions options, IContentReader reader, InfectedContent content, TimeProvider time,
    ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource tooSlow = clamd.IsConfigured ? new(options.Timeout, time) : new();
    private bool isOn = clamd.IsConfigured;
    private Clamd.Scan? scan;

    /// <summary>Scans the document as it is stored.</summary>
    public async Task ScanWholeAsync(CancellationToken ct)
    {
        if (!isOn)
        {
            return;
        }

        if (reader.Length > options.BytesMax)
        {
            throw Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{options.BytesMax}"));
        }

        await BeginAsync(ct);
        var buffer = new byte[64 * 1024];
        int read;
        for (var offset = 0L; isOn && (read = await reader.ReadAsync(offset, buffer, ct)) > 0; offset += read)
        {
            await WriteAsync(buffer.AsMemory(0, read));
        }

        await ConcludeAsync("document", ct);
    }

    /// <summary>Begins with one of the files inside of the document.</summary>
    public Task BeginAsync(CancellationToken ct) => WhileUpAsync(async () =>
    {
        scan?.Dispose();
        scan = null;
        scan = await clamd.BeginAsync(tooSlow.Token, ct);
    });

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => WhileUpAsync(() => scan!.WriteAsync(bytes));

    /// <summary>Refuses the document when the file is infected, and puts the document into quarantine.</summary>
    public async Task ConcludeAsync(string place, CancellationToken ct)
    {
        string? signature = null;
        await WhileUpAsync(async () => signature = await scan!.ConcludeAsync());
        if (signature is not null)
        {
            await quarantine.KeepAsync(reader, content with { Signature = signature }, ct);
            throw Failures.Of(ErrorReason.ContentInfected, ("signature", signature), ("place", place));
        }
    }

    public void Dispose()
    {
        scan?.Dispose();
        tooSlow.Dispose();
    }

    private async Task WhileUpAsync(Func<Task> step)
    {
        if (!isOn)
        {
            return;
        }

        try
        {
            await step();
        }
        catch (ScannerDownException down)
        {
            if (options.WhenDown == ScannerDown.Refuse)
            {
                MediaLog.ScannerDown(logger, down, content.ContentId);
                throw Failures.Of(ErrorReason.ScannerUnavailable);
            }

            MediaLog.AcceptedUnscanned(logger, down, content.ContentId);
            isOn = false;
        }
    }
}
