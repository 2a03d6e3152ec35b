using System.Security.Cryptography;

namespace Dmp.Proofs;

/// <summary>The hashes of RFC 6962, section 2.1: a leaf can never be taken for a node, nor a node for a leaf.</summary>
public static class TreeHash
{
    /// <summary>Length of every hash, in bytes.</summary>
    public const int Length = 32;

    /// <summary>The root of the tree without leaves.</summary>
    public static byte[] Empty { get; } = SHA256.HashData([]);

    /// <summary>The hash of a leaf: SHA-256(0x00 || data).</summary>
    /// <param name="data">The data of the leaf.</param>
    /// <returns>32 bytes.</returns>
    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        Span<byte> buffer = data.Length < 1024 ? stackalloc byte[data.Length + 1] : new byte[data.Length + 1];
        buffer[0] = 0;
        data.CopyTo(buffer[1..]);
        return SHA256.HashData(buffer);
    }

    /// <summary>The hash of an inner node: SHA-256(0x01 || left || right).</summary>
    /// <param name="left">The left child, 32 bytes.</param>
    /// <param name="right">The right child, 32 bytes.</param>
    /// <returns>32 bytes.</returns>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> buffer = stackalloc byte[1 + (2 * Length)];
        buffer[0] = 1;
        left.CopyTo(buffer[1..]);
        right.CopyTo(buffer[(1 + Length)..]);
        return SHA256.HashData(buffer);
    }
}
