using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>The log as such: it says nothing about anybody, and everybody may see that it only grows.</summary>
internal sealed partial class AuditService
{
    public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        AccessPolicy.RequireFunction(call);
        return await database.OnConnectionAsync(
            async connection =>
            {
                var response = new GetCheckpointResponse { Checkpoint = ToMessage(await RequireCheckpointAsync(connection, ct)) };
                response.Vkeys.AddRange(await TraceLogSql.ListKeysAsync(connection, ct));
                response.FirstCheckpoint = (await TraceLogSql.FindFirstCheckpointAsync(connection, ct))?.Note ?? "";
                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<GetConsistencyProofResponse> GetConsistencyProof(GetConsistencyProofRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(request.FromSize >= 1, "from_size", "Must be at least 1.");
        faults.Require(request.ToSize == 0 || request.ToSize >= request.FromSize, "to_size", "Must be 0, or at least from_size.");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var newest = await RequireCheckpointAsync(connection, ct);
                var toSize = SizeOf(request.ToSize, newest);
                var response = new GetConsistencyProofResponse
                {
                    ToSize = toSize,
                    Proof = { await ProveConsistencyAsync(connection, request.FromSize, toSize, ct) },
                    Checkpoint = ToMessage(toSize == newest.TreeSize ? newest : await TraceLogSql.FindCheckpointAsync(connection, toSize, ct)),
                };
                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    private static async Task<CheckpointRow> RequireCheckpointAsync(NpgsqlConnection connection, CancellationToken ct) =>
        await TraceLogSql.FindCheckpointAsync(connection, ct) ?? throw Failures.Of(ErrorReason.TraceNotLoggedYet);

    /// <summary>The size of a tree: nothing is proven that no checkpoint covers.</summary>
    private static long SizeOf(long asked, CheckpointRow newest) =>
        asked == 0 ? newest.TreeSize
        : asked <= newest.TreeSize ? asked
        : throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{newest.TreeSize}"));

    private static async Task<IEnumerable<ByteString>> ProveConsistencyAsync(
        NpgsqlConnection connection, long fromSize, long toSize, CancellationToken ct)
    {
        if (fromSize > toSize)
        {
            throw Failures.Of(ErrorReason.TraceSizeUnknown, ("tree_size", $"{toSize}"));
        }

        var runs = TreeProof.Consistency(fromSize, toSize);
        return [.. HashesOf(runs, await TraceTree.ReadAsync(connection, WholeOf(runs), ct))];
    }
}
