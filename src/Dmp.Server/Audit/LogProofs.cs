using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Errors;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>The log as such: it says nothing about anybody, and everybody may see that it only grows.</summary>
internal static class LogProofs
{
    public static TraceCheckpoint? ToMessage(CheckpointRow? row) => row is null ? null : new()
    {
        Note = row.Note,
        TreeSize = row.TreeSize,
        Root = ByteString.CopyFrom(row.Root),
        CreateTime = row.CreateTime.ToTimestamp(),
    };

    public static async Task<CheckpointRow> RequireCheckpointAsync(NpgsqlConnection connection, CancellationToken ct) =>
        await TraceLogSql.FindCheckpointAsync(connection, ct) ?? throw Failures.Of(ErrorReason.TraceNotLoggedYet);

    /// <summary>The size of a tree: nothing is proven that no checkpoint covers.</summary>
    public static long SizeOf(long asked, CheckpointRow newest) =>
        asked == 0 ? newest.TreeSize
        : asked <= newest.TreeSize ? asked
        : throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{newest.TreeSize}"));

    public static async Task<IEnumerable<ByteString>> ProveConsistencyAsync(
        NpgsqlConnection connection, long fromSize, long toSize, CancellationToken ct)
    {
        if (fromSize > toSize)
        {
            throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{toSize}"));
        }

        var runs = TreeProof.Consistency(fromSize, toSize);
        return [.. EventProofs.HashesOf(runs, await TraceTree.ReadAsync(connection, EventProofs.WholeOf(runs), ct))];
    }
}
