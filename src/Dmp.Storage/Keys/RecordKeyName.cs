using System.Security.Cryptography;

namespace Dmp.Storage.Keys;

/// <summary>
/// Whose key a wrapped key is. It is wrapped together with the key, so that wrapped keys that were swapped between rows are noticed
/// whatever the master key can do: tokens and vaults differ in what they authenticate besides.
/// </summary>
public readonly record struct RecordKeyName(Guid RecordKeyId, Guid RecordId)
{
    public const int KeyBytes = 32;

    /// <summary>The key, and behind it the name's digest.</summary>
    public SecretBytes Bind(ReadOnlySpan<byte> key)
    {
        Span<byte> secret = stackalloc byte[KeyBytes + SHA256.HashSizeInBytes];
        key.CopyTo(secret);
        Digest(secret[KeyBytes..]);
        SecretBytes bound = new(secret);
        CryptographicOperations.ZeroMemory(secret);
        return bound;
    }

    /// <summary>The key out of what <see cref="Bind"/> made.</summary>
    /// <exception cref="WrappedKeyDamagedException">It was made for another name.</exception>
    public SecretBytes Release(SecretBytes secret)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(digest);
        return secret.Bytes.Length == KeyBytes + digest.Length
            && CryptographicOperations.FixedTimeEquals(secret.Bytes.Span[KeyBytes..], digest)
                ? new SecretBytes(secret.Bytes.Span[..KeyBytes])
                : throw new WrappedKeyDamagedException("A wrapped key belongs to another record.");
    }

    private void Digest(Span<byte> digest)
    {
        Span<byte> name = stackalloc byte[48];
        "dmp-record-key/1"u8.CopyTo(name);
        RecordKeyId.TryWriteBytes(name[16..], bigEndian: true, out _);
        RecordId.TryWriteBytes(name[32..], bigEndian: true, out _);
        SHA256.HashData(name, digest);
    }
}
