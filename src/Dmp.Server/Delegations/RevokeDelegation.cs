using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Google.Protobuf;
using Npgsql;

namespace Dmp.Server.Delegations;

/// <summary>A delegation ended.</summary>
internal sealed class RevokeDelegation(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<RevokeDelegationResponse> RunAsync(Call call, RevokeDelegationRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var delegationId = faults.Id(request.DelegationId, "delegation_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RevokeDelegationRequest(request) { RequestId = "" }),
            RevokeDelegationResponse.Parser,
            connection => RequireRevocableAsync(connection, call, recordId, delegationId, ct),
            async (connection, revocable) =>
            {
                var now = time.GetUtcNow();
                var (row, isRepresented) = revocable;
                if (DelegationRules.IsLiving(row, isRepresented, now))
                {
                    row = await DelegationSql.RevokeAsync(connection, row, call.ActingCaller.ToActor().ToByteArray(), now, ct);
                    await OutboxSql.AppendAsync(
                        connection, call, OutboxKind.DelegationRevoked, recordId, now, new() { SubjectId = row.DelegationId }, ct);
                }

                return new RevokeDelegationResponse { Delegation = row.ToMessage(isRepresented, now) };
            },
            ct);
    }

    /// <summary>
    /// A delegate may always give up the own delegation: before it starts, and again as the repeat of a call that ended the
    /// very right to call. Others need a right on the record.
    /// </summary>
    private async Task<(DelegationRow Row, bool IsRepresented)> RequireRevocableAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid delegationId, CancellationToken ct)
    {
        var facts = await AccessSql.FindLockedAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
        var row = await DelegationSql.FindAsync(connection, recordId, delegationId, ct);
        if (row?.DelegateSubject == call.Caller.Subject)
        {
            call.ActAs(
                (DelegationKind)row.Kind == DelegationKind.Representative ? Capacity.Representative : Capacity.Caregiver, row.DelegateName);
            return (row, facts?.IsRepresented == true);
        }

        var access = policy.Require(call, recordId, facts);
        return access.IsOwner && row is not null ? (row, access.IsRepresented) : throw Failures.Of(ErrorReason.DelegationNotFound);
    }
}
