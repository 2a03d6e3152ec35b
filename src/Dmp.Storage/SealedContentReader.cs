using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Dmp.Storage;

/// <summary>
/// Opens the segments of one content that lies in a blob from an offset on. Every byte that it gives is authentic and in its place.
/// Whole segments go straight into the buffer of the caller, several by one read; of one that is asked for in parts the last one is kept.
/// </summary>
internal sealed class SealedContentReader(
    IContentReader inner, ContentCipher cipher, ContentLocation place, ILogger logger) : IContentReader
{
    /// <summary>Bytes of the segments that are read from the store at once.</summary>
    private const int RunBytes = 4 * SealedFormat.SegmentBytes;

    private Kept? kept;

    public long Length => place.SizeBytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        var filled = 0;
        while (filled < wanted)
        {
            var (segment, skipped) = Math.DivRem(offset + filled, SealedFormat.SegmentBytes);
            if (skipped == 0 && WholeBytes(offset + filled, wanted - filled) is > 0 and var whole)
            {
                await OpenAsync(segment, buffer.Slice(filled, whole), cancellationToken);
                filled += whole;
                continue;
            }

            var size = SealedFormat.SizeOf(segment, Length);

            // Taken out while it is used: another read at the same time finds none and opens the segment for itself.
            var own = Interlocked.Exchange(ref kept, null) ?? new Kept();
            try
            {
                if (own.Segment != segment)
                {
                    own.Segment = -1;
                    await OpenAsync(segment, own.Bytes.AsMemory(0, size), cancellationToken);
                    own.Segment = segment;
                }

                var taken = Math.Min(size - (int)skipped, wanted - filled);
                own.Bytes.AsMemory((int)skipped, taken).CopyTo(buffer[filled..]);
                filled += taken;
            }
            finally
            {
                Interlocked.Exchange(ref kept, own)?.Free();
            }
        }

        return filled;
    }

    public async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref kept, null)?.Free();
        cipher.Dispose();
        await inner.DisposeAsync();
    }

    /// <summary>How many of the bytes from a segment's start on make whole segments, of which the last one of all may be short.</summary>
    private int WholeBytes(long start, int wanted) =>
        Math.Min(RunBytes, start + wanted == Length ? wanted : wanted / SealedFormat.SegmentBytes * SealedFormat.SegmentBytes);

    /// <summary>Opens as many segments as <paramref name="plain"/> has room for, from <paramref name="first"/> on.</summary>
    private async ValueTask OpenAsync(long first, Memory<byte> plain, CancellationToken cancellationToken)
    {
        const int EmptyBytes = SealedFormat.NonceBytes + SealedFormat.TagBytes;
        var count = (plain.Length + SealedFormat.SegmentBytes - 1) / SealedFormat.SegmentBytes;
        var last = Length / SealedFormat.SegmentBytes;
        var length = plain.Length + (count * EmptyBytes);

        // Behind full segments an empty one says that nothing followed: without it content cut between two segments would look whole.
        var withEnd = first + count == last && SealedFormat.SizeOf(last, Length) == 0 ? length + EmptyBytes : length;
        var stored = ArrayPool<byte>.Shared.Rent(withEnd);
        try
        {
            var offset = place.BlobOffset + (first * SealedFormat.StoredSegmentBytes);
            var read = await inner.ReadAsync(offset, stored.AsMemory(0, withEnd), cancellationToken);
            if (read < withEnd)
            {
                throw new ContentDamagedException(place.ContentId, ContentDamage.Length, first + (read / SealedFormat.StoredSegmentBytes));
            }

            if (withEnd > length)
            {
                cipher.Open(last, isLast: true, stored.AsSpan(length, EmptyBytes), []);
            }

            for (var i = 0; i < count; i++)
            {
                var open = plain.Span[(i * SealedFormat.SegmentBytes)..];
                open = open[..Math.Min(open.Length, SealedFormat.SegmentBytes)];
                var from = i * SealedFormat.StoredSegmentBytes;
                cipher.Open(first + i, first + i == last, stored.AsSpan(from, open.Length + EmptyBytes), open);
            }
        }
        catch (ContentDamagedException damaged)
        {
            logger.Damaged(place.ContentId, place.BlobId, damaged.Damage, damaged.Segment);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private sealed class Kept
    {
        public byte[] Bytes { get; } = ArrayPool<byte>.Shared.Rent(SealedFormat.SegmentBytes);

        public long Segment { get; set; } = -1;

        public void Free() => ArrayPool<byte>.Shared.Return(Bytes, clearArray: true);
    }
}
