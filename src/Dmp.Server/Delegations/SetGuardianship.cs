using Dmp.Delegation.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Delegations;

/// <summary>An adult put under guardianship, or taken out of it.</summary>
internal sealed class SetGuardianship(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<SetGuardianshipResponse> RunAsync(Call call, SetGuardianshipRequest request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var until = DelegationRules.Check(request, now, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new SetGuardianshipRequest(request) { RequestId = "" }),
            SetGuardianshipResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                // What ended on the day of majority stays ended: a guardian is not whoever represented the child.
                if (!access.IsRepresented)
                {
                    var ended = (await DelegationSql.ListLivingAsync(connection, recordId, ct))
                        .Where(DelegationRules.DependsOnRepresentation);
                    foreach (var row in ended.ToList())
                    {
                        await DelegationSql.RevokeAsync(connection, row, call.ActingCaller.ToActor().ToByteArray(), now, ct);
                    }
                }

                await GuardianshipSql.SetAsync(connection, access, until, until is null ? null : request.Reason.Trim(), ct);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.GuardianshipSet, recordId, now, null, ct);
                return new SetGuardianshipResponse { RecordId = recordId.ToString(), UntilTime = until?.ToTimestamp() };
            },
            ct);
    }
}
