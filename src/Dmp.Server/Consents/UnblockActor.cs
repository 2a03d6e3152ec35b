using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf;

namespace Dmp.Server.Consents;

/// <summary>An actor taken off the blocked list.</summary>
internal sealed class UnblockActor(AccessPolicy policy, TimeProvider time, ConsentChanges changes)
{
    public Task<UnblockActorResponse> RunAsync(Call call, UnblockActorRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var blockId = faults.Id(request.BlockId, "block_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return changes.RunAsync<UnblockActorRequest, UnblockActorResponse>(
            call,
            request,
            requestId,
            null,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var row = await BlockSql.LiftAsync(connection, access, blockId, call.ActingCaller.ToActor().ToByteArray(), now, ct)
                    ?? throw Failures.Of(ErrorReason.BlockNotFound);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.ActorUnblocked, recordId, now, BlockActor.DetailOf(row), ct);
                return new UnblockActorResponse { Block = row.ToMessage() };
            },
            ct);
    }
}
