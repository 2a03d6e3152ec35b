using System.Buffers;
using Dmp.Server.Logging;

namespace Dmp.Server.Content;

/// <summary>
/// Opens the segments of one content that lies in a blob from an offset on. Every byte that it gives is authentic and in its place.
/// A whole segment goes straight into the buffer of the caller; of one that is asked for in parts the last one is kept.
/// </summary>
internal sealed class SealedContentReader(
    IContentReader inner, ContentCipher cipher, ContentLocation place, ILogger logger) : IContentReader
{
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
            var size = SealedFormat.SizeOf(segment, Length);
            if (skipped == 0 && wanted - filled >= size)
            {
                await OpenAsync(segment, buffer.Slice(filled, size), cancellationToken);
                filled += size;
                continue;
            }

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

    private async ValueTask OpenAsync(long segment, Memory<byte> plain, CancellationToken cancellationToken)
    {
        const int EmptyBytes = SealedFormat.NonceBytes + SealedFormat.TagBytes;
        var last = Length / SealedFormat.SegmentBytes;
        var length = plain.Length + EmptyBytes;

        // Behind full segments an empty one says that nothing followed: without it content cut between two segments would look whole.
        var withEnd = segment == last - 1 && SealedFormat.SizeOf(last, Length) == 0 ? length + EmptyBytes : length;
        var stored = ArrayPool<byte>.Shared.Rent(withEnd);
        try
        {
            var offset = place.BlobOffset + (segment * SealedFormat.StoredSegmentBytes);
            if (await inner.ReadAsync(offset, stored.AsMemory(0, withEnd), cancellationToken) < withEnd)
            {
                throw new ContentDamagedException(place.ContentId, ContentDamage.Length, segment);
            }

            if (withEnd > length)
            {
                cipher.Open(last, isLast: true, stored.AsSpan(length, EmptyBytes), []);
            }

            cipher.Open(segment, segment == last, stored.AsSpan(0, length), plain.Span);
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
