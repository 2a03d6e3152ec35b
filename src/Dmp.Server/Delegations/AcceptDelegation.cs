using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Delegations;

/// <summary>An invitation taken by the person who has its code.</summary>
internal sealed class AcceptDelegation(RequestLog requestLog, TimeProvider time)
{
    public Task<AcceptDelegationResponse> RunAsync(Call call, AcceptDelegationRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new AcceptDelegationRequest(request) { RequestId = "" }),
            AcceptDelegationResponse.Parser,
            connection => Invitation.RequireAsync(connection, call, request.Code, time.GetUtcNow(), ct),
            async (connection, invitation) =>
            {
                var now = time.GetUtcNow();
                var (row, facts) = (invitation.Row, invitation.Facts);
                invitation.RequireOpen(now);
                var living = await DelegationSql.ListLivingAsync(connection, row.RecordId, ct);
                if (Capacities.Of(call.Caller, facts) != Capacity.None
                    || living.Any(other => other.DelegateSubject == call.Caller.Subject
                        && DelegationRules.IsLiving(other, facts.IsRepresented, now)))
                {
                    throw Failures.Of(ErrorReason.DelegationNotAllowed);
                }

                var capacity = (DelegationKind)row.Kind == DelegationKind.Representative ? Capacity.Representative : Capacity.Caregiver;
                row = await DelegationSql.AcceptAsync(connection, row, call.ActAs(capacity, row.DelegateName), now, ct);
                await OutboxSql.AppendAsync(
                    connection, call, OutboxKind.DelegationAccepted, row.RecordId, now, new() { SubjectId = row.DelegationId }, ct);
                return new AcceptDelegationResponse { Delegation = row.ToMessage(facts.IsRepresented, now) };
            },
            ct);
    }
}
