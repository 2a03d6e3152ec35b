using System.Security.Cryptography;

namespace Dmp.Storage.Keys;

/// <summary>Bytes of a secret; overwritten when disposed of.</summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] bytes;

    /// <summary>A copy. What lives long is pinned, so that the collector leaves no copies of it behind.</summary>
    public SecretBytes(ReadOnlySpan<byte> secret, bool isPinned = false)
    {
        bytes = GC.AllocateUninitializedArray<byte>(secret.Length, isPinned);
        secret.CopyTo(bytes);
    }

    private SecretBytes(byte[] owned) => bytes = owned;

    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The array is from now on this secret's.</summary>
    public static SecretBytes Of(byte[] owned) => new(owned);

    public static SecretBytes Random(int count) => new(RandomNumberGenerator.GetBytes(count));

    public void Dispose() => CryptographicOperations.ZeroMemory(bytes);
}
