using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Dmp.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Trees and proofs against the known answers of RFC 6962's implementations, and against themselves at all small sizes.</summary>
public sealed class TreeTests
{
    private const int SizeMax = 130;

    private static readonly byte[][] leaves =
        [.. Enumerable.Range(0, 70_000).Select(i => TreeHash.Leaf(Encoding.ASCII.GetBytes($"leaf {i}")))];

    // The test tree of Certificate Transparency: its leaves, and the roots of its first 1, 2, ... leaves.
    private static readonly (string Leaf, string Root)[] known =
    [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];

    [Fact]
    public void Roots_are_those_of_Certificate_Transparency()
    {
        var tree = new TreeBuilder();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(tree.Root()));
        foreach (var (leaf, root) in known)
        {
            tree.Append(TreeHash.Leaf(Convert.FromHexString(leaf)));
            Assert.Equal(root, Convert.ToHexStringLower(tree.Root()));
        }
    }

    [Fact]
    public void Every_leaf_of_every_small_tree_is_proven()
    {
        for (var size = 1; size <= SizeMax; size++)
        {
            var root = Root(0, size);
            for (var index = 0; index < size; index++)
            {
                var proof = Inclusion(index, size);
                Assert.True(TreeProof.VerifyInclusion(leaves[index], index, size, proof, root), $"{index} of {size}");
                Assert.False(TreeProof.VerifyInclusion(leaves[index + 1], index, size, proof, root));
                Assert.False(TreeProof.VerifyInclusion(leaves[index], index + size, size, proof, root));
                Assert.False(TreeProof.VerifyInclusion(leaves[index], index, size, [.. proof, leaves[0]], root));
            }
        }
    }

    [Fact]
    public void Every_small_tree_continues_every_smaller_one()
    {
        for (var to = 0; to <= SizeMax; to++)
        {
            for (var from = 0; from <= to; from++)
            {
                var proof = Consistency(from, to);
                Assert.True(TreeProof.VerifyConsistency(from, Root(0, from), to, Root(0, to), proof), $"{from} to {to}");
                Assert.False(TreeProof.VerifyConsistency(from, leaves[0].AsSpan(0, 31), to, Root(0, to), proof));
                Assert.False(TreeProof.VerifyConsistency(from, Root(1, from + 2), to, Root(0, to), proof), $"{from} to {to}");
                Assert.False(from < to && TreeProof.VerifyConsistency(to, Root(0, to), from, Root(0, from), proof));
            }
        }
    }

    [Fact]
    public void Proofs_of_large_trees_hold_and_no_bit_of_them_may_flip() =>
        Gen.Select(Gen.Int[1, leaves.Length - 1], Gen.Double[0, 1], Gen.Int).Sample(
            (size, part, bit) =>
            {
                var index = (int)(part * (size - 1));
                var root = Root(0, size);
                var proof = Inclusion(index, size);
                Assert.True(TreeProof.VerifyInclusion(leaves[index], index, size, proof, root));
                if (Flipped(proof, bit) is { } bad)
                {
                    Assert.False(TreeProof.VerifyInclusion(leaves[index], index, size, bad, root));
                }

                var consistency = Consistency(index, size);
                Assert.True(TreeProof.VerifyConsistency(index, Root(0, index), size, root, consistency));
                if (Flipped(consistency, bit) is { } worse)
                {
                    Assert.False(TreeProof.VerifyConsistency(index, Root(0, index), size, root, worse));
                }
            },
            iter: 60);

    [Fact]
    public void A_tree_goes_on_from_its_right_edge_and_tells_its_stored_nodes()
    {
        Dictionary<TreeNode, byte[]> stored = [];
        var whole = new TreeBuilder();
        foreach (var leaf in leaves)
        {
            whole.Append(leaf, (node, hash) => stored.Add(node, hash));
        }

        Assert.Equal((leaves.Length / 256) + (leaves.Length / 65536), stored.Count);
        Assert.All(stored, node => Assert.Equal(Hash(node.Key), node.Value));
        foreach (var size in new[] { 0, 1, 255, 256, 65535, 65536, 69_999 })
        {
            var tree = new TreeBuilder(size, Hash);
            for (var i = size; i < Math.Min(size + 300, leaves.Length); i++)
            {
                tree.Append(leaves[i]);
            }

            Assert.Equal(Root(0, (int)tree.Size), tree.Root());
        }
    }

    // The definition of RFC 6962, section 2.1, read off the page.
    private static byte[] Root(int begin, int end)
    {
        var size = end - begin;
        if (size == 0)
        {
            return SHA256.HashData([]);
        }

        if (size == 1)
        {
            return leaves[begin];
        }

        var split = 1;
        while (2 * split < size)
        {
            split *= 2;
        }

        return SHA256.HashData([1, .. Root(begin, begin + split), .. Root(begin + split, end)]);
    }

    private static byte[] Hash(TreeNode node) => Root((int)node.Begin, (int)node.End);

    private static IReadOnlyList<ReadOnlyMemory<byte>> Inclusion(int index, int size) =>
        [.. TreeProof.Inclusion(index, size).Select(run => (ReadOnlyMemory<byte>)TreeProof.HashOf(run.Begin, run.End, Hash))];

    private static IReadOnlyList<ReadOnlyMemory<byte>> Consistency(int from, int to) =>
        [.. TreeProof.Consistency(from, to).Select(run => (ReadOnlyMemory<byte>)TreeProof.HashOf(run.Begin, run.End, Hash))];

    private static List<ReadOnlyMemory<byte>>? Flipped(IReadOnlyList<ReadOnlyMemory<byte>> proof, int bit)
    {
        if (proof.Count == 0)
        {
            return null;
        }

        var place = (int)((uint)bit % (proof.Count * 256));
        var bad = proof.Select(hash => hash.ToArray()).ToList();
        bad[place / 256][place % 256 / 8] ^= (byte)(1 << (place % 8));
        return [.. bad.Select(hash => (ReadOnlyMemory<byte>)hash)];
    }
}
