using System.Buffers;

namespace Dmp.Storage;

/// <summary>Bytes of a blob in one object, of exactly this version.</summary>
internal readonly record struct S3Extent(string Key, string ETag, long Length);

/// <summary>
/// Reads a blob by ranges. Who reads on from where it stopped gets large ranges, and the next one is fetched while the last is used; who
/// jumps gets little more than what was asked. Memory: two ranges. Reads that run at once wait for each other.
/// </summary>
internal sealed class S3ContentReader : IContentReader
{
    /// <summary>Bytes of a range for whoever reads on.</summary>
    internal const int AheadBytes = 1024 * 1024;

    /// <summary>Least bytes of a range.</summary>
    private const int RangeBytesMin = 64 * 1024;

    private readonly S3Bucket bucket;
    private readonly S3Extent[] extents;
    private readonly long[] starts;
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly CancellationTokenSource closing = new();
    private Window window;
    private Task<Window>? ahead;
    private long aheadStart;

    public S3ContentReader(S3Bucket bucket, IEnumerable<S3Extent> extents)
    {
        this.bucket = bucket;
        this.extents = [.. extents.Where(extent => extent.Length > 0)];
        starts = new long[this.extents.Length];
        foreach (var (i, extent) in this.extents.Index())
        {
            starts[i] = Length;
            Length += extent.Length;
        }
    }

    public long Length { get; }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        await gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, this);
            var filled = 0;
            while (filled < wanted)
            {
                var at = offset + filled;
                if (!window.Holds(at))
                {
                    await MoveToAsync(at, wanted - filled, cancellationToken);
                }

                filled += window.CopyTo(at, buffer[filled..wanted]);
            }

            return filled;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested)
        {
            return;
        }

        await closing.CancelAsync();
        await gate.WaitAsync(CancellationToken.None);
        await DropAheadAsync();
        window.Return();
        window = default;
        gate.Release();
        closing.Dispose();
    }

    private async Task MoveToAsync(long offset, int wanted, CancellationToken cancellationToken)
    {
        var readsOn = window.Length > 0 && offset == window.End;
        if (ahead is { } fetching && offset == aheadStart)
        {
            // Not the caller's token: the range belongs to the reader, and a caller that is gone must not lose it.
            var fetched = await fetching.WaitAsync(cancellationToken);
            ahead = null;
            Replace(fetched);
        }
        else
        {
            await DropAheadAsync();
            var count = readsOn ? AheadBytes : Math.Clamp(wanted, RangeBytesMin, AheadBytes);
            Replace(await FetchAsync(offset, count, cancellationToken));
        }

        if (readsOn && window.End < Length)
        {
            aheadStart = window.End;
            ahead = FetchAsync(aheadStart, AheadBytes, closing.Token);
        }
    }

    private void Replace(Window next)
    {
        window.Return();
        window = next;
    }

    private async Task DropAheadAsync()
    {
        if (ahead is { } fetching)
        {
            ahead = null;
            try
            {
                (await fetching).Return();
            }
            catch (Exception exception) when (exception is ContentUnavailableException or OperationCanceledException)
            {
                // Nobody asked for these bytes yet.
            }
        }
    }

    private async Task<Window> FetchAsync(long offset, int count, CancellationToken cancellationToken)
    {
        var found = Array.BinarySearch(starts, offset);
        var index = found >= 0 ? found : ~found - 1;
        var extent = extents[index];
        var inside = offset - starts[index];
        var length = (int)Math.Min(count, extent.Length - inside);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await bucket.ReadAsync(extent.Key, extent.ETag, inside, bytes.AsMemory(0, length), cancellationToken);
            return new Window(bytes, offset, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    private readonly record struct Window(byte[]? Bytes, long Start, int Length)
    {
        public long End => Start + Length;

        public bool Holds(long offset) => offset >= Start && offset < End;

        public int CopyTo(long offset, Memory<byte> buffer)
        {
            var from = (int)(offset - Start);
            var count = Math.Min(buffer.Length, Length - from);
            Bytes.AsMemory(from, count).CopyTo(buffer);
            return count;
        }

        public void Return()
        {
            if (Bytes is { } rented)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
