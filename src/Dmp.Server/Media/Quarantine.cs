using System.Globalization;
using System.Text;
using Dmp.Server.Options;
using Dmp.Storage;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Media;

/// <summary>What operations must know of an infected document. Who sent it says the trace, under the id of the request.</summary>
internal sealed record InfectedContent(Guid ContentId, Guid ServerRequestId, string Signature);

/// <summary>
/// Keeps infected documents apart for some days, in a directory of the service user. A kept file begins with lines that say what it is,
/// then comes each byte of the document with all of its bits turned over: no program opens, runs, indexes or finds it again by accident,
/// and one line of shell turns it back (docs/media.md).
/// </summary>
internal sealed class Quarantine(IOptions<ScanOptions> options, TimeProvider time, ILogger<Quarantine> logger) : BackgroundService
{
    internal const string Extension = ".quarantine";

    private static readonly TimeSpan sweepInterval = TimeSpan.FromHours(1);

    /// <summary>Copies the document, whose bytes the caller then removes. That it cannot be kept is no reason to accept it.</summary>
    public async Task KeepAsync(IContentReader reader, InfectedContent infected, CancellationToken ct)
    {
        var path = Path.Combine(options.Value.QuarantineDirectory, $"{infected.ContentId:D}{Extension}");
        if (options.Value.QuarantineDays == 0)
        {
            MediaLog.Infected(logger, infected.ContentId, infected.Signature, infected.ServerRequestId, "not kept");
            return;
        }

        try
        {
            var directory = CreateDirectory();
            if (directory.EnumerateFiles("*" + Extension).Sum(file => file.Length) + reader.Length > options.Value.QuarantineBytesMax)
            {
                MediaLog.Infected(
                    logger, infected.ContentId, infected.Signature, infected.ServerRequestId, "not kept, the quarantine is full");
                return;
            }

            await WriteAsync(path, reader, infected, ct);
            MediaLog.Infected(logger, infected.ContentId, infected.Signature, infected.ServerRequestId, path);
        }
        catch (Exception failure) when (ContentUnavailableException.IsStorageFailure(failure))
        {
            MediaLog.NotQuarantined(logger, failure, infected.ContentId, infected.Signature, infected.ServerRequestId);
        }
    }

    /// <summary>Deletes what was kept long enough; answers how many.</summary>
    public int SweepOnce()
    {
        var directory = new DirectoryInfo(options.Value.QuarantineDirectory);
        if (!directory.Exists)
        {
            return 0;
        }

        var oldest = time.GetUtcNow().AddDays(-options.Value.QuarantineDays);
        var old = directory.EnumerateFiles("*" + Extension).Where(file => file.LastWriteTimeUtc < oldest.UtcDateTime).ToArray();
        foreach (var file in old)
        {
            file.Delete();
        }

        return old.Length;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.QuarantineDirectory.Length == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(sweepInterval, time);
        try
        {
            do
            {
                SweepGuarded();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the next start sweeps what is left.
        }
    }

    private void SweepGuarded()
    {
        try
        {
            if (SweepOnce() is > 0 and var deleted)
            {
                MediaLog.QuarantineSwept(logger, deleted);
            }
        }
        catch (Exception failure) when (ContentUnavailableException.IsStorageFailure(failure))
        {
            MediaLog.QuarantineSweepFailed(logger, failure);
        }
    }

    private DirectoryInfo CreateDirectory() => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(options.Value.QuarantineDirectory)
        : Directory.CreateDirectory(
            options.Value.QuarantineDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private async Task WriteAsync(string path, IContentReader reader, InfectedContent infected, CancellationToken ct)
    {
        var settings = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, settings);
        await file.WriteAsync(
            Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"""
                DMP quarantine: an infected document, its bits turned over
                time: {time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}
                content: {infected.ContentId:D}
                request: {infected.ServerRequestId:D}
                signature: {infected.Signature}
                bytes: {reader.Length}


                """)),
            ct);
        var buffer = new byte[64 * 1024];
        int read;
        for (var offset = 0L; (read = await reader.ReadAsync(offset, buffer, ct)) > 0; offset += read)
        {
            foreach (ref var value in buffer.AsSpan(0, read))
            {
                value = (byte)~value;
            }

            await file.WriteAsync(buffer.AsMemory(0, read), ct);
        }
    }
}
