using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Emergencies;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Consents;

/// <summary>An actor put on the blocked list, and the authorisations of that actor ended.</summary>
internal sealed class BlockActor(AccessPolicy policy, IOptions<RealmOptions> realm, TimeProvider time, ConsentChanges changes)
{
    /// <summary>The authorisation that representatives know, and the one that they do not.</summary>
    private static readonly bool[] knownAndHidden = [false, true];

    public Task<BlockActorResponse> RunAsync(Call call, BlockActorRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ActorRules.Check(request.Actor, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return changes.RunAsync<BlockActorRequest, BlockActorResponse>(
            call,
            request,
            requestId,
            request.Actor,
            async (connection, _) =>
            {
                var access = await policy.RequireLockedAsync(connection, call, recordId, ct);
                return access.IsOwner || access.IsAttending ? access : throw Failures.Of(ErrorReason.ConsentActionNotAllowed);
            },
            async (connection, access) =>
            {
                var (actorKind, actorId) = ((short)request.Actor.Kind, request.Actor.Id);
                if (await BlockSql.FindLivingAsync(connection, access, actorKind, actorId, ct) is { } present)
                {
                    return new BlockActorResponse { Block = present.ToMessage() };
                }

                var now = time.GetUtcNow();
                var blockedBy = call.ActingCaller.ToActor().ToByteArray();
                var row = await BlockSql.InsertAsync(
                    connection,
                    new BlockRow
                    {
                        BlockId = Guid.CreateVersion7(now),
                        RecordId = recordId,
                        ActorKind = actorKind,
                        ActorId = actorId,
                        ActorName = request.Actor.Name,
                        BlockedBy = blockedBy,
                        BlockTime = now,
                    },
                    ct);
                foreach (var hidden in knownAndHidden)
                {
                    if (await ConsentSql.FindLivingAsync(connection, access, actorKind, actorId, hidden, ct) is { } consent)
                    {
                        await ConsentSql.RevokeAsync(connection, consent, blockedBy, now, ct);
                    }
                }

                await EmergencyEndSql.OfBlockAsync(connection, access, request.Actor, now, ct);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.ActorBlocked, recordId, now, DetailOf(row), ct);
                return new BlockActorResponse { Block = row.ToMessage() };
            },
            ct);
    }

    public static OutboxDetail DetailOf(BlockRow row) =>
        new() { ActorKind = row.ActorKind, ActorId = row.ActorId, SubjectId = row.BlockId };
}
