using System.Numerics;

namespace Dmp.Proofs;

/// <summary>A whole subtree: the leaves from <c>Index * 2^Level</c> on, <c>2^Level</c> of them.</summary>
internal readonly record struct TreeNode(int Level, long Index)
{
    public long Begin => Index << Level;

    public long End => (Index + 1) << Level;
}

/// <summary>
/// Inclusion and consistency proofs of RFC 6962, section 2.1: which hashes make one, and whether one holds (RFC 9162, sections
/// 2.1.3.2 and 2.1.4.2).
/// </summary>
public static class TreeProof
{
    /// <summary>Checks that a leaf is in the tree.</summary>
    /// <param name="leafHash">The hash of the leaf.</param>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="size">The number of leaves of the tree.</param>
    /// <param name="proof">The hashes beside the way from the leaf to the root.</param>
    /// <param name="root">The root of the tree.</param>
    /// <returns>True when it is.</returns>
    public static bool VerifyInclusion(
        ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<ReadOnlyMemory<byte>> proof, ReadOnlySpan<byte> root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size || !AreHashes(proof) || leafHash.Length != TreeHash.Length)
        {
            return false;
        }

        var (place, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in proof)
        {
            if (last == 0)
            {
                return false;
            }

            if ((place & 1) == 1 || place == last)
            {
                hash = TreeHash.Node(sibling.Span, hash);
                var zeros = (place & 1) == 1 ? 0 : BitOperations.TrailingZeroCount(place);
                place >>= zeros;
                last >>= zeros;
            }
            else
            {
                hash = TreeHash.Node(hash, sibling.Span);
            }

            place >>= 1;
            last >>= 1;
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Checks that the larger tree begins with the smaller one: nothing of that was changed or left out.</summary>
    /// <param name="fromSize">The number of leaves of the smaller tree.</param>
    /// <param name="fromRoot">Its root.</param>
    /// <param name="toSize">The number of leaves of the larger tree.</param>
    /// <param name="toRoot">Its root.</param>
    /// <param name="proof">The hashes of the proof; none when a size is 0 or both are equal.</param>
    /// <returns>True when it does.</returns>
    public static bool VerifyConsistency(
        long fromSize, ReadOnlySpan<byte> fromRoot, long toSize, ReadOnlySpan<byte> toRoot, IReadOnlyList<ReadOnlyMemory<byte>> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (fromSize < 0 || fromSize > toSize || !AreHashes(proof))
        {
            return false;
        }

        if (fromSize == 0 || fromSize == toSize)
        {
            return proof.Count == 0 && (fromSize == toSize ? fromRoot.SequenceEqual(toRoot) : fromRoot.SequenceEqual(TreeHash.Empty));
        }

        // A whole smaller tree is itself the first node.
        var isWhole = BitOperations.IsPow2(fromSize);
        if (proof.Count == 0)
        {
            return false;
        }

        var (place, last) = (fromSize - 1, toSize - 1);
        var zeros = BitOperations.TrailingZeroCount(~place);
        place >>= zeros;
        last >>= zeros;
        var first = isWhole ? fromRoot.ToArray() : proof[0].ToArray();
        var (from, to) = (first, first);
        foreach (var hash in proof.Skip(isWhole ? 0 : 1))
        {
            if (last == 0)
            {
                return false;
            }

            if ((place & 1) == 1 || place == last)
            {
                from = TreeHash.Node(hash.Span, from);
                to = TreeHash.Node(hash.Span, to);
                while ((place & 1) == 0 && place != 0)
                {
                    place >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                to = TreeHash.Node(to, hash.Span);
            }

            place >>= 1;
            last >>= 1;
        }

        return last == 0 && fromRoot.SequenceEqual(from) && toRoot.SequenceEqual(to);
    }

    /// <summary>The runs of leaves whose hashes prove that leaf <paramref name="index"/> is in a tree, from the leaf to the root.</summary>
    internal static List<(long Begin, long End)> Inclusion(long index, long size)
    {
        List<(long Begin, long End)> runs = [];
        var (begin, end) = (0L, size);
        while (end - begin > 1)
        {
            var middle = begin + Split(end - begin);
            if (index < middle)
            {
                runs.Add((middle, end));
                end = middle;
            }
            else
            {
                runs.Add((begin, middle));
                begin = middle;
            }
        }

        runs.Reverse();
        return runs;
    }

    /// <summary>The runs of leaves whose hashes prove that a tree begins with a smaller one.</summary>
    internal static List<(long Begin, long End)> Consistency(long fromSize, long toSize)
    {
        List<(long Begin, long End)> runs = [];
        if (fromSize == 0 || fromSize == toSize)
        {
            return runs;
        }

        var (begin, end) = (0L, toSize);
        while (end != fromSize)
        {
            var middle = begin + Split(end - begin);
            if (fromSize <= middle)
            {
                runs.Add((middle, end));
                end = middle;
            }
            else
            {
                runs.Add((begin, middle));
                begin = middle;
            }
        }

        // The smaller tree as a whole is known to whoever asks.
        if (begin > 0)
        {
            runs.Add((begin, end));
        }

        runs.Reverse();
        return runs;
    }

    /// <summary>The whole subtrees that make up a run of leaves of a proof, from the left.</summary>
    internal static IEnumerable<TreeNode> Whole(long begin, long end)
    {
        while (begin < end)
        {
            // A run of a proof begins at a multiple of its largest subtree, so the left one is the largest.
            var level = BitOperations.Log2((ulong)(end - begin));
            yield return new TreeNode(level, begin >> level);
            begin += 1L << level;
        }
    }

    /// <summary>The hash of a run of leaves from the hashes of its whole subtrees.</summary>
    internal static byte[] HashOf(long begin, long end, Func<TreeNode, byte[]> hashOf) =>
        Fold([.. Whole(begin, end).Select(hashOf)]);

    /// <summary>The hash over subtrees that stand side by side, the largest first.</summary>
    internal static byte[] Fold(IReadOnlyList<byte[]> hashes)
    {
        if (hashes.Count == 0)
        {
            return TreeHash.Empty;
        }

        var hash = hashes[^1];
        for (var i = hashes.Count - 2; i >= 0; i--)
        {
            hash = TreeHash.Node(hashes[i], hash);
        }

        return hash;
    }

    /// <summary>The largest power of two below <paramref name="count"/>.</summary>
    private static long Split(long count) => 1L << BitOperations.Log2((ulong)(count - 1));

    private static bool AreHashes(IReadOnlyList<ReadOnlyMemory<byte>> proof) => proof.All(hash => hash.Length == TreeHash.Length);
}
