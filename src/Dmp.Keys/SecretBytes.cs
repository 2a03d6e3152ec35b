using System.Security.Cryptography;

namespace Dmp.Keys;

/// <summary>Bytes of a secret; overwritten when disposed of. Pinned, so that the collector leaves no copies behind.</summary>
internal sealed class SecretBytes : IDisposable
{
    private readonly byte[] bytes;

    public SecretBytes(ReadOnlySpan<byte> secret)
    {
        bytes = GC.AllocateUninitializedArray<byte>(secret.Length, pinned: true);
        secret.CopyTo(bytes);
    }

    /// <summary>Takes over what is in an array and clears that.</summary>
    public SecretBytes(byte[] secret)
        : this(secret.AsSpan()) => CryptographicOperations.ZeroMemory(secret);

    public ReadOnlyMemory<byte> Bytes => bytes;

    public static SecretBytes Random(int count)
    {
        SecretBytes random = new(stackalloc byte[count]);
        RandomNumberGenerator.Fill(random.bytes);
        return random;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(bytes);
}
