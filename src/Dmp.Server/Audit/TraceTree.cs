using Dmp.Proofs;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Reads hashes of the log: any whole subtree from at most 128 stored hashes.</summary>
internal static class TraceTree
{
    /// <exception cref="InvalidDataException">The log has holes.</exception>
    public static async Task<Func<TreeNode, byte[]>> ReadAsync(
        NpgsqlConnection connection, IEnumerable<TreeNode> nodes, CancellationToken ct)
    {
        // Several proofs share the upper part of the tree.
        var wanted = nodes.Distinct().ToList();
        Dictionary<TreeNode, byte[]> stored = [];
        foreach (var level in wanted.GroupBy(StoredLevel))
        {
            var begins = level.Select(node => node.Begin >> level.Key).ToArray();
            var ends = level.Select(node => node.End >> level.Key).ToArray();
            foreach (var (index, hash) in level.Key == 0
                ? await TraceLogSql.ListLeafHashesAsync(connection, begins, ends, ct)
                : await TraceLogSql.ListNodeHashesAsync(connection, level.Key, begins, ends, ct))
            {
                stored[new TreeNode(level.Key, index)] = hash;
            }
        }

        var hashes = wanted.ToDictionary(node => node, node => Combine(node, StoredLevel(node), stored));
        return node => hashes[node];
    }

    public static async Task<byte[]> RootAsync(NpgsqlConnection connection, long size, CancellationToken ct) =>
        TreeProof.HashOf(0, size, await ReadAsync(connection, TreeProof.Whole(0, size), ct));

    private static int StoredLevel(TreeNode node) => node.Level - (node.Level % TreeBuilder.StoredLevels);

    private static byte[] Combine(TreeNode node, int storedLevel, Dictionary<TreeNode, byte[]> stored)
    {
        if (node.Level == storedLevel)
        {
            return stored.TryGetValue(node, out var hash)
                ? hash
                : throw new InvalidDataException($"The log of the trace lacks the hash {node.Index} of level {node.Level}.");
        }

        return TreeHash.Node(
            Combine(new TreeNode(node.Level - 1, 2 * node.Index), storedLevel, stored),
            Combine(new TreeNode(node.Level - 1, (2 * node.Index) + 1), storedLevel, stored));
    }
}
