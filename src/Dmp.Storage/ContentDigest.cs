using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Dmp.Storage;

/// <summary>
/// Digests and size of bytes that pass by. SHA-256 is what integrity rests on. SHA-1 is computed beside it only because
/// the XDS metadata attribute <c>hash</c> (ITI TF-3, 4.2.3.2.10) is SHA-1 and the national exchanges carry it; nothing is
/// decided on it alone.
/// </summary>
public sealed class ContentDigest : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash sha1 = CreateSha1();

    public long Size { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        sha256.AppendData(bytes);
        sha1.AppendData(bytes);
        Size += bytes.Length;
    }

    /// <summary>Digests of what is whole.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "XDS metadata hash is SHA-1 by specification; integrity rests on SHA-256.")]
    public static ContentDigests Of(ReadOnlySpan<byte> bytes) => new(SHA256.HashData(bytes), SHA1.HashData(bytes), bytes.Length);

    /// <summary>Digests of everything appended so far; appending may go on.</summary>
    public ContentDigests Conclude() => new(sha256.GetCurrentHash(), sha1.GetCurrentHash(), Size);

    public void Dispose()
    {
        sha256.Dispose();
        sha1.Dispose();
    }

    [SuppressMessage("Security", "CA5350", Justification = "XDS metadata hash is SHA-1 by specification; integrity rests on SHA-256.")]
    private static IncrementalHash CreateSha1() => IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
}

/// <summary>What <see cref="ContentDigest"/> found: 32 bytes, 20 bytes, and the number of bytes digested.</summary>
public sealed record ContentDigests(byte[] Sha256, byte[] Sha1, long Size);
