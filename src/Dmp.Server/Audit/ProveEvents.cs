using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>Proofs: what leaves here is exactly what the list of a record's events shows, and hashes.</summary>
internal sealed partial class AuditService
{
    private const int ProvenEventsMax = 200;

    public override async Task<GetInclusionProofResponse> GetInclusionProof(GetInclusionProofRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Require(request.EventIds.Count <= ProvenEventsMax, "event_ids", $"At most {ProvenEventsMax}.");
        faults.Require(request.EventIds.Distinct(StringComparer.OrdinalIgnoreCase).Count() == request.EventIds.Count, "event_ids", "Each event once.");
        var eventIds = request.EventIds.Take(ProvenEventsMax).Select((id, i) => ReadEventId(id, i, faults)).ToArray();
        faults.Require(request.TreeSize >= 0, "tree_size", "Must not be negative.");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var (access, onlySubject) = await RequireReaderAsync(connection, call, recordId, ct);
                var rows = await ProvenEventSql.FindAsync(connection, access, onlySubject, eventIds, ct);
                if (rows.Count < eventIds.Length)
                {
                    throw Failures.Of(ErrorReason.TraceEventNotFound);
                }

                var newest = await RequireCheckpointAsync(connection, ct);
                var size = SizeOf(request.TreeSize, newest);
                if (rows.Exists(row => row.LeafIndex is not { } index || index >= newest.TreeSize))
                {
                    throw Failures.Of(ErrorReason.TraceNotLoggedYet);
                }

                if (rows.Exists(row => row.LeafIndex >= size))
                {
                    throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{newest.TreeSize}"));
                }

                var response = new GetInclusionProofResponse
                {
                    TreeSize = size,
                    Checkpoint = ToMessage(size == newest.TreeSize ? newest : await TraceLogSql.FindCheckpointAsync(connection, size, ct)),
                };
                response.Events.AddRange(await ProveAsync(connection, rows, size, IsReviewer(call), ct));
                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    private static bool IsReviewer(Call call) => call.Caller.Kind == CallerKind.Auditor;

    private static Guid ReadEventId(string id, int i, FieldFaults faults)
    {
        faults.Require(id.Length > 0, $"event_ids[{i}]", "Must be a UUID in the form 8-4-4-4-12.");
        return faults.Id(id, $"event_ids[{i}]");
    }

    private static async Task<List<ProvenEvent>> ProveAsync(
        NpgsqlConnection connection, List<ProvenEventRow> rows, long size, bool isReviewer, CancellationToken ct)
    {
        var proofs = rows.ConvertAll(row => TreeProof.Inclusion(row.LeafIndex!.Value, size));
        var hashOf = await TraceTree.ReadAsync(connection, proofs.SelectMany(WholeOf), ct);
        return [.. rows.Select((row, i) => Prove(row, proofs[i], hashOf, isReviewer))];
    }

    private static IEnumerable<TreeNode> WholeOf(IEnumerable<(long Begin, long End)> runs) =>
        runs.SelectMany(run => TreeProof.Whole(run.Begin, run.End));

    private static IEnumerable<ByteString> HashesOf(IEnumerable<(long Begin, long End)> runs, Func<TreeNode, byte[]> hashOf) =>
        runs.Select(run => ByteString.CopyFrom(TreeProof.HashOf(run.Begin, run.End, hashOf)));

    private static ProvenEvent Prove(
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

    private static TraceCheckpoint? ToMessage(CheckpointRow? row) => row is null ? null : new()
    {
        Note = row.Note,
        TreeSize = row.TreeSize,
        Root = ByteString.CopyFrom(row.Root),
        CreateTime = row.CreateTime.ToTimestamp(),
    };
}
