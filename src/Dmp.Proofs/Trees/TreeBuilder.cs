namespace Dmp.Proofs;

/// <summary>A tree that grows by leaves and keeps no more than its right edge: a hash for each bit of its size.</summary>
internal sealed class TreeBuilder
{
    /// <summary>A stored node covers 2^8 of the stored level below.</summary>
    public const int StoredLevels = 8;

    private readonly List<(int Level, byte[] Hash)> edge = [];

    public TreeBuilder()
    {
    }

    /// <summary>Goes on with a tree of <paramref name="size"/> leaves.</summary>
    public TreeBuilder(long size, Func<TreeNode, byte[]> hashOf)
    {
        Size = size;
        edge.AddRange(TreeProof.Whole(0, size).Select(node => (node.Level, hashOf(node))));
    }

    public long Size { get; private set; }

    public byte[] Root() => TreeProof.Fold([.. edge.Select(node => node.Hash)]);

    /// <summary>Adds a leaf; tells <paramref name="completed"/> of each subtree of a stored level that is whole with it.</summary>
    public void Append(byte[] leafHash, Action<TreeNode, byte[]>? completed = null)
    {
        Size++;
        var (level, hash) = (0, leafHash);
        while (edge.Count > 0 && edge[^1].Level == level)
        {
            hash = TreeHash.Node(edge[^1].Hash, hash);
            edge.RemoveAt(edge.Count - 1);
            level++;
            if (level % StoredLevels == 0)
            {
                completed?.Invoke(new TreeNode(level, (Size >> level) - 1), hash);
            }
        }

        edge.Add((level, hash));
    }
}
