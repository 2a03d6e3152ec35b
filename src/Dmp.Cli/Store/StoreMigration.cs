using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Cli.Store;

/// <summary>What became of the blobs.</summary>
internal sealed class MigrationCount
{
    private long copied;
    private long copiedBytes;
    private long present;
    private long gone;
    private long lost;
    private long different;
    private long failed;

    public long Lost => Interlocked.Read(ref lost);

    public long Different => Interlocked.Read(ref different);

    public long Failed => Interlocked.Read(ref failed);

    public void AddCopied(long bytes)
    {
        Interlocked.Increment(ref copied);
        Interlocked.Add(ref copiedBytes, bytes);
    }

    public void AddPresent() => Interlocked.Increment(ref present);

    /// <summary>Deleted while the copy ran.</summary>
    public void AddGone(long count) => Interlocked.Add(ref gone, count);

    /// <summary>A document refers to it, and neither store has it.</summary>
    public void AddLost(long count) => Interlocked.Add(ref lost, count);

    public void AddDifferent() => Interlocked.Increment(ref different);

    public void AddFailed() => Interlocked.Increment(ref failed);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{copied} copied ({copiedBytes} bytes), {present} there already, {gone} deleted meanwhile, {lost} lost, {different} different, "
        + $"{failed} failed");
}

/// <summary>
/// Copies every blob that a document is in or is about to be in, and that the other store does not have, as it is: sealed bytes stay
/// sealed. What is there already is not copied again, so that it can be stopped and repeated at will, also while servers run.
/// </summary>
internal sealed class StoreMigration(
    NpgsqlConnection connection, IContentStore from, IContentStore to, TextWriter messages, bool compare, int parallel)
{
    private const int PageSize = 500;
    private const int BufferBytes = 1024 * 1024;

    /// <summary>A store that fails so often is down, and not only a blob.</summary>
    private const int FailuresMax = 20;

    private static readonly TimeSpan progressPause = TimeSpan.FromSeconds(5);

    private readonly Lock telling = new();
    private readonly MigrationCount count = new();
    private long toldTime = Stopwatch.GetTimestamp();

    public async Task<MigrationCount> RunAsync(CancellationToken ct)
    {
        foreach (var group in Enum.GetValues<BlobGroup>())
        {
            var after = Guid.Empty;
            while (await StoreSql.PageAsync(connection, group, after, PageSize, ct) is { Count: > 0 } page)
            {
                await CopyPageAsync(page, group, ct);
                after = page[^1];
            }
        }

        return count;
    }

    private async Task CopyPageAsync(List<Guid> page, BlobGroup group, CancellationToken ct)
    {
        List<Guid> copied = [];
        List<Guid> absent = [];
        await Parallel.ForEachAsync(
            page, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct }, async (blobId, stop) =>
            {
                try
                {
                    var list = await CopyAsync(blobId, stop) switch { Outcome.Copied => copied, Outcome.Absent => absent, _ => null };
                    if (list is not null)
                    {
                        lock (list)
                        {
                            list.Add(blobId);
                        }
                    }
                }
                catch (Exception failure) when (failure is ContentUnavailableException or InvalidOperationException)
                {
                    // InvalidOperation: another copy of the same blob is under way.
                    count.AddFailed();
                    Tell($"failed {blobId}: {failure.Message} {failure.InnerException?.Message}");
                    if (count.Failed >= FailuresMax)
                    {
                        throw new ContentUnavailableException(
                            $"{count}. Stopped after {FailuresMax} failures; what was copied stays.", failure);
                    }
                }

                TellProgress(blobId);
            });
        // An unfinished upload has no blob before all of its bytes are there.
        await SettleAsync(copied, group == BlobGroup.Uploads ? [] : absent, ct);
    }

    /// <summary>
    /// Documents may have been deleted since the page was read: their blobs are missed by nobody, and a copy must not stay.
    /// </summary>
    private async Task SettleAsync(List<Guid> copied, List<Guid> absent, CancellationToken ct)
    {
        if (copied.Count + absent.Count == 0)
        {
            return;
        }

        var referenced = await StoreSql.ReferencedAsync(connection, [.. copied, .. absent], ct);
        foreach (var blobId in copied.Where(blobId => !referenced.Contains(blobId)))
        {
            await to.DeleteAsync(blobId, ct);
        }

        var lost = absent.Where(referenced.Contains).ToArray();
        foreach (var blobId in lost)
        {
            Tell($"lost {blobId}: a document is in it, and neither store has it");
        }

        count.AddLost(lost.Length);
        count.AddGone(absent.Count - lost.Length + copied.Count(blobId => !referenced.Contains(blobId)));
    }

    private async Task<Outcome> CopyAsync(Guid blobId, CancellationToken ct)
    {
        await using var source = await from.OpenAsync(blobId, ct);
        await using var there = await to.OpenAsync(blobId, ct);
        if (there is not null)
        {
            return await IsSameAsync(blobId, source, there, ct) ? Outcome.Present : Outcome.Different;
        }

        if (source is null)
        {
            return Outcome.Absent;
        }

        // An earlier copy may have been stopped half-way.
        await to.DeletePartAsync(blobId, ct);
        var digest = await WriteAsync(blobId, source, ct);
        await using var written = await to.OpenAsync(blobId, ct)
            ?? throw new ContentUnavailableException("The copy is not there after its commit.");
        if (await HashAsync(written, null, ct) != digest)
        {
            await to.DeleteAsync(blobId, CancellationToken.None);
            throw new ContentUnavailableException("The copy reads back as other bytes, and is removed again.");
        }

        count.AddCopied(source.Length);
        return Outcome.Copied;
    }

    private async Task<bool> IsSameAsync(Guid blobId, IContentReader? source, IContentReader there, CancellationToken ct)
    {
        var isSame = source is null
            || (source.Length == there.Length
                && (!compare || await HashAsync(source, null, ct) == await HashAsync(there, null, ct)));
        if (isSame)
        {
            count.AddPresent();
        }
        else
        {
            count.AddDifferent();
            Tell($"different {blobId}: the stores have other bytes under the same id; nothing is written over");
        }

        return isSame;
    }

    private async Task<string> WriteAsync(Guid blobId, IContentReader source, CancellationToken ct)
    {
        await using var writer = await to.CreateAsync(blobId, ct);
        try
        {
            var digest = await HashAsync(source, writer, ct);
            await writer.CommitAsync(ct);
            return digest;
        }
        finally
        {
            // Nothing to do once it is committed.
            await writer.DiscardAsync(CancellationToken.None);
        }
    }

    private static async Task<string> HashAsync(IContentReader reader, IContentWriter? writer, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var offset = 0L; offset < reader.Length;)
            {
                var read = await reader.ReadAsync(offset, buffer, ct);
                hash.AppendData(buffer, 0, read);
                if (writer is not null)
                {
                    await writer.AppendAsync(buffer.AsMemory(0, read), ct);
                }

                offset += read > 0 ? read : throw new ContentUnavailableException("A blob became shorter while it was read.");
            }

            return Convert.ToHexString(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void TellProgress(Guid blobId)
    {
        lock (telling)
        {
            if (Stopwatch.GetElapsedTime(toldTime) >= progressPause)
            {
                toldTime = Stopwatch.GetTimestamp();
                messages.WriteLine($"{count}; at {blobId}");
            }
        }
    }

    private void Tell(string line)
    {
        lock (telling)
        {
            messages.WriteLine(line);
        }
    }

    private enum Outcome
    {
        Copied,
        Present,
        Different,
        Absent,
    }
}
