using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Dmp.Storage;

/// <summary>
/// How content is sealed (ADR 0017). Segments of 64 KiB, each <c>nonce (12) || ciphertext || tag (16)</c>, AES-256-GCM. The last segment is
/// always shorter than a full one, and empty when the size is a multiple: so every full segment can be sealed as soon as it is full,
/// and the stored length follows from the size. There is no header.
/// </summary>
public static class SealedFormat
{
    public const int SegmentBytes = 64 * 1024;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    public const int StoredSegmentBytes = NonceBytes + SegmentBytes + TagBytes;
    public const int AssociatedBytes = 1 + 16 + 8 + 1;

    private const byte Version = 1;

    /// <summary>Bytes that content of this size takes in the store.</summary>
    public static long StoredLength(long size) => size + ((size / SegmentBytes) + 1) * (NonceBytes + TagBytes);

    /// <summary>Bytes of content that takes so much in the store; negative when none does.</summary>
    public static long PlainLength(long stored) =>
        (stored / StoredSegmentBytes * SegmentBytes) + (stored % StoredSegmentBytes) - (NonceBytes + TagBytes);

    /// <summary>Bytes of a segment of content of this size.</summary>
    public static int SizeOf(long segment, long size) => (int)Math.Min(SegmentBytes, size - (segment * SegmentBytes));

    /// <summary>The key of one content. The id is used once, so that no key ever seals two contents.</summary>
    public static void DeriveKey(ReadOnlySpan<byte> recordKey, Guid contentId, Span<byte> key)
    {
        Span<byte> salt = stackalloc byte[16];
        contentId.TryWriteBytes(salt, bigEndian: true, out _);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, recordKey, key, salt, "dmp-content/v1"u8);
    }

    /// <summary>What a segment is authenticated as: <c>version || content id || index || is last</c>.</summary>
    public static void WriteAssociated(Span<byte> associated, Guid contentId, long segment, bool isLast)
    {
        associated[0] = Version;
        contentId.TryWriteBytes(associated[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(associated[17..], segment);
        associated[25] = isLast ? (byte)1 : (byte)0;
    }
}
