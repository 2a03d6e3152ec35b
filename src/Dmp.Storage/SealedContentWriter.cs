using System.Buffers;

namespace Dmp.Storage;

/// <summary>
/// Seals what is appended and writes it to another writer. Speaks of plain bytes only; what is left behind for another writer are whole
/// segments, so bytes of an unfinished one must be sent again.
/// </summary>
internal sealed class SealedContentWriter(IContentWriter inner, ContentCipher cipher) : IContentWriter
{
    /// <summary>Segments that go to the store at once: a write costs as much as sealing a segment does.</summary>
    private const int SegmentsAtOnce = 4;

    private readonly byte[] pending = ArrayPool<byte>.Shared.Rent(SealedFormat.SegmentBytes);
    private readonly byte[] stored = ArrayPool<byte>.Shared.Rent(SegmentsAtOnce * SealedFormat.StoredSegmentBytes);
    private int pendingLength;
    private int storedLength;

    // The last segment that was read back: parsers read a few bytes at a time.
    private byte[]? opened;
    private long openedSegment = -1;

    private long segments = inner.Length / SealedFormat.StoredSegmentBytes;
    private bool isEnded;
    private bool isDisposed;

    public long Length => (segments * SealedFormat.SegmentBytes) + pendingLength;

    public long PersistedLength => inner.PersistedLength / SealedFormat.StoredSegmentBytes * SealedFormat.SegmentBytes;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        RequireOpen();
        while (!chunk.IsEmpty)
        {
            if (pendingLength == 0 && chunk.Length >= SealedFormat.SegmentBytes)
            {
                await SealAsync(chunk[..SealedFormat.SegmentBytes], isLast: false, cancellationToken);
                chunk = chunk[SealedFormat.SegmentBytes..];
                continue;
            }

            var taken = Math.Min(chunk.Length, SealedFormat.SegmentBytes - pendingLength);
            chunk[..taken].CopyTo(pending.AsMemory(pendingLength));
            pendingLength += taken;
            chunk = chunk[taken..];
            if (pendingLength == SealedFormat.SegmentBytes)
            {
                pendingLength = 0;
                await SealAsync(pending.AsMemory(0, SealedFormat.SegmentBytes), isLast: false, cancellationToken);
            }
        }

        await WriteAsync(cancellationToken);
    }

    public async Task<long> FlushAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        return await inner.FlushAsync(cancellationToken) / SealedFormat.StoredSegmentBytes * SealedFormat.SegmentBytes;
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireOpen();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        var filled = 0;
        while (filled < wanted)
        {
            var (segment, skipped) = Math.DivRem(offset + filled, SealedFormat.SegmentBytes);
            var from = segment < segments ? await OpenAsync(segment, cancellationToken) : pending.AsMemory(0, pendingLength);
            var part = from[(int)skipped..];
            part = part[..Math.Min(part.Length, wanted - filled)];
            part.CopyTo(buffer[filled..]);
            filled += part.Length;
        }

        return filled;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        isEnded = true;
        await SealAsync(pending.AsMemory(0, pendingLength), isLast: true, cancellationToken);
        await WriteAsync(cancellationToken);
        await inner.CommitAsync(cancellationToken);
    }

    public Task DiscardAsync(CancellationToken cancellationToken)
    {
        isEnded = true;
        return inner.DiscardAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        await inner.DisposeAsync();
        cipher.Dispose();
        ArrayPool<byte>.Shared.Return(pending, clearArray: true);
        ArrayPool<byte>.Shared.Return(stored);
        if (opened is not null)
        {
            ArrayPool<byte>.Shared.Return(opened, clearArray: true);
        }
    }

    /// <summary>A segment that was written; valid until the next call.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> OpenAsync(long segment, CancellationToken cancellationToken)
    {
        if (opened is null || openedSegment != segment)
        {
            opened ??= ArrayPool<byte>.Shared.Rent(SealedFormat.SegmentBytes);
            openedSegment = -1;
            var sealedBytes = ArrayPool<byte>.Shared.Rent(SealedFormat.StoredSegmentBytes);
            try
            {
                var place = sealedBytes.AsMemory(0, SealedFormat.StoredSegmentBytes);
                if (await inner.ReadAsync(segment * SealedFormat.StoredSegmentBytes, place, cancellationToken) < place.Length)
                {
                    throw new ContentUnavailableException("A part became shorter while it was written.");
                }

                cipher.Open(segment, isLast: false, place.Span, opened);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(sealedBytes);
            }

            openedSegment = segment;
        }

        return opened.AsMemory(0, SealedFormat.SegmentBytes);
    }

    private async ValueTask SealAsync(ReadOnlyMemory<byte> plain, bool isLast, CancellationToken cancellationToken)
    {
        if (stored.Length - storedLength < SealedFormat.StoredSegmentBytes)
        {
            await WriteAsync(cancellationToken);
        }

        storedLength += cipher.Seal(segments, isLast, plain.Span, stored.AsSpan(storedLength));
        segments += isLast ? 0 : 1;
    }

    private async ValueTask WriteAsync(CancellationToken cancellationToken)
    {
        if (storedLength > 0)
        {
            var length = storedLength;
            storedLength = 0;
            try
            {
                await inner.AppendAsync(stored.AsMemory(0, length), cancellationToken);
            }
            catch (Exception)
            {
                // Segments that were counted are not there: nothing may follow them.
                isEnded = true;
                throw;
            }
        }
    }

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (isEnded)
        {
            throw new InvalidOperationException("The writer has ended.");
        }
    }
}
