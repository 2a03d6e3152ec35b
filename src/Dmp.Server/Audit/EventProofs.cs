using Dmp.Audit.V1;
using Dmp.Proofs;
using Dmp.Server.Calls;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Proofs of events: what leaves here is exactly what the list of a record's events shows, and hashes.</summary>
internal static class EventProofs
{
    public static bool IsReviewer(Call call) => call.Caller.Kind == CallerKind.Auditor;

    public static async Task<List<ProvenEvent>> ProveAsync(
        NpgsqlConnection connection, List<ProvenEventRow> rows, long size, bool isReviewer, CancellationToken ct)
    {
        var proofs = rows.ConvertAll(row => TreeProof.Inclusion(row.LeafIndex!.Value, size));
        var hashOf = await TraceTree.ReadAsync(connection, proofs.SelectMany(WholeOf), ct);
        return [.. rows.Select((row, i) => Prove(row, proofs[i], hashOf, isReviewer))];
    }

    public static IEnumerable<TreeNode> WholeOf(IEnumerable<(long Begin, long End)> runs) =>
        runs.SelectMany(run => TreeProof.Whole(run.Begin, run.End));

    public static IEnumerable<ByteString> HashesOf(IEnumerable<(long Begin, long End)> runs, Func<TreeNode, byte[]> hashOf) =>
        runs.Select(run => ByteString.CopyFrom(TreeProof.HashOf(run.Begin, run.End, hashOf)));

    public static ProvenEvent Prove(
        ProvenEventRow row, IEnumerable<(long Begin, long End)> runs, Func<TreeNode, byte[]> hashOf, bool isReviewer)
    {
        var tree = EventContent.TreeOf(row);
        List<EventPart> parts = isReviewer ? [tree.Core, tree.Review] : [tree.Core];

        // In the order of slots, which is random: the order of documents tells nothing about those in between.
        parts.AddRange(row.VisiblePlaces.Select(place => tree.Document(place - 1)).OrderBy(part => part.Slot));
        return new ProvenEvent
        {
            EventId = row.EventId.ToString(),
            Parts = { parts.Select(EventParts.ToMessage) },
            Root = ByteString.CopyFrom(row.Root ?? tree.Root),
            Signature = ByteString.CopyFrom(row.Signature ?? []),
            KeyId = row.SigningKey ?? "",
            LeafIndex = row.LeafIndex!.Value,
            Proof = { HashesOf(runs, hashOf) },
        };
    }
}
