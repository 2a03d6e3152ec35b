using System.Security.Cryptography;
using Dmp.Storage.Keys;

namespace Dmp.Storage;

/// <summary>Seals and opens the segments of one content. Several callers at once take turns.</summary>
internal sealed class ContentCipher : IDisposable
{
    private readonly Guid contentId;
    private readonly AesGcm aes;

    public ContentCipher(SecretBytes recordKey, Guid contentId)
    {
        this.contentId = contentId;
        Span<byte> key = stackalloc byte[RecordKeyName.KeyBytes];
        SealedFormat.DeriveKey(recordKey.Bytes.Span, contentId, key);
        aes = new AesGcm(key, SealedFormat.TagBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Writes the sealed segment and answers its length.</summary>
    public int Seal(long segment, bool isLast, ReadOnlySpan<byte> plain, Span<byte> stored)
    {
        var nonce = stored[..SealedFormat.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        Span<byte> associated = stackalloc byte[SealedFormat.AssociatedBytes];
        SealedFormat.WriteAssociated(associated, contentId, segment, isLast);
        lock (aes)
        {
            aes.Encrypt(
                nonce,
                plain,
                stored.Slice(SealedFormat.NonceBytes, plain.Length),
                stored.Slice(SealedFormat.NonceBytes + plain.Length, SealedFormat.TagBytes),
                associated);
        }

        return SealedFormat.NonceBytes + plain.Length + SealedFormat.TagBytes;
    }

    /// <summary>Writes the plain bytes, which are 28 fewer than the stored ones.</summary>
    /// <exception cref="ContentDamagedException">This is not the segment that was sealed there.</exception>
    public void Open(long segment, bool isLast, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        Span<byte> associated = stackalloc byte[SealedFormat.AssociatedBytes];
        SealedFormat.WriteAssociated(associated, contentId, segment, isLast);
        try
        {
            lock (aes)
            {
                aes.Decrypt(
                    stored[..SealedFormat.NonceBytes],
                    stored[SealedFormat.NonceBytes..^SealedFormat.TagBytes],
                    stored[^SealedFormat.TagBytes..],
                    plain[..(stored.Length - SealedFormat.NonceBytes - SealedFormat.TagBytes)],
                    associated);
            }
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new ContentDamagedException(contentId, ContentDamage.Segment, segment, mismatch);
        }
    }

    /// <summary>All of a small content at once. Answers how many bytes that are.</summary>
    public int Seal(ReadOnlySpan<byte> plain, Span<byte> stored)
    {
        var written = 0;
        for (long segment = 0, last = plain.Length / SealedFormat.SegmentBytes; segment <= last; segment++)
        {
            var part = plain.Slice((int)(segment * SealedFormat.SegmentBytes), SealedFormat.SizeOf(segment, plain.Length));
            written += Seal(segment, segment == last, part, stored[written..]);
        }

        return written;
    }

    /// <summary>What <see cref="Seal(ReadOnlySpan{byte}, Span{byte})"/> wrote.</summary>
    /// <exception cref="ContentDamagedException">It is not what was sealed.</exception>
    public byte[] Open(ReadOnlySpan<byte> stored)
    {
        var size = SealedFormat.PlainLength(stored.Length);
        if (size < 0 || SealedFormat.StoredLength(size) != stored.Length)
        {
            throw new ContentDamagedException(contentId, ContentDamage.Length);
        }

        var plain = new byte[size];
        for (long segment = 0, last = size / SealedFormat.SegmentBytes; segment <= last; segment++)
        {
            var part = SealedFormat.SizeOf(segment, size);
            var sealedPart = stored.Slice(
                (int)(segment * SealedFormat.StoredSegmentBytes), SealedFormat.NonceBytes + part + SealedFormat.TagBytes);
            Open(segment, segment == last, sealedPart, plain.AsSpan((int)(segment * SealedFormat.SegmentBytes), part));
        }

        return plain;
    }

    public void Dispose() => aes.Dispose();
}
