using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Delegations;

/// <summary>What an invited person does with a code.</summary>
internal sealed partial class DelegationService
{
    public override Task<AcceptDelegationResponse> AcceptDelegation(AcceptDelegationRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new AcceptDelegationRequest(request) { RequestId = "" }),
            AcceptDelegationResponse.Parser,
            connection => RequireInvitationAsync(connection, call, request.Code, ct),
            async (connection, invitation) =>
            {
                var now = time.GetUtcNow();
                var (row, facts) = (invitation.Row, invitation.Facts);
                RequireOpen(invitation, now);
                var living = await DelegationSql.ListLivingAsync(connection, row.RecordId, ct);
                if (Capacities.Of(call.Caller, facts) != Capacity.None
                    || living.Any(other => other.DelegateSubject == call.Caller.Subject && DelegationRules.IsLiving(other, facts.IsRepresented, now)))
                {
                    throw Failures.Of(ErrorReason.DelegationNotAllowed);
                }

                call.ActAs((DelegationKind)row.Kind == DelegationKind.Representative ? Capacity.Representative : Capacity.Caregiver, row.DelegateName);
                row = await DelegationSql.AcceptAsync(connection, row, call.Caller, now, ct);
                await OutboxSql.AppendAsync(connection, OutboxKind.DelegationAccepted, row.RecordId, now, new() { SubjectId = row.DelegationId }, ct);
                return new AcceptDelegationResponse { Delegation = row.ToMessage(facts.IsRepresented, now) };
            },
            ct);
    }

    public override Task<RefuseDelegationResponse> RefuseDelegation(RefuseDelegationRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new RefuseDelegationRequest(request) { RequestId = "" }),
            RefuseDelegationResponse.Parser,
            connection => RequireInvitationAsync(connection, call, request.Code, ct),
            async (connection, invitation) =>
            {
                var now = time.GetUtcNow();
                RequireOpen(invitation, now);
                await DelegationSql.RefuseAsync(connection, invitation.Row, now, ct);
                await OutboxSql.AppendAsync(
                    connection, OutboxKind.DelegationRefused, invitation.Row.RecordId, now, new() { SubjectId = invitation.Row.DelegationId }, ct);
                return new RefuseDelegationResponse();
            },
            ct);
    }

    /// <summary>
    /// The delegation of a code, with its record locked; from here on the connection is for that record. Whether the code can
    /// still be used is asked afterwards, so that a repeat finds its answer.
    /// </summary>
    private async Task<Invitation> RequireInvitationAsync(NpgsqlConnection connection, Call call, string code, CancellationToken ct)
    {
        var hash = DelegationRules.Hash(code);
        var found = await DelegationSql.FindByCodeAsync(connection, call.Caller, hash, ct) ?? throw Failures.Of(ErrorReason.DelegationCodeInvalid);
        call.RecordId = found.RecordId;
        await AccessSql.LockRecordAsync(connection, call.Caller, found.RecordId, ct);
        var facts = await AccessSql.FindAsync(connection, call.Caller, found.RecordId, time.GetUtcNow(), ct);
        var row = await DelegationSql.FindAsync(connection, found.RecordId, found.DelegationId, ct);
        return facts is null || row is null ? throw Failures.Of(ErrorReason.DelegationCodeInvalid) : new Invitation(row, facts);
    }

    private static void RequireOpen(Invitation invitation, DateTimeOffset now)
    {
        if (DelegationRules.StateOf(invitation.Row, invitation.Facts.IsRepresented, now) != DelegationState.Invited)
        {
            throw Failures.Of(ErrorReason.DelegationCodeInvalid);
        }
    }

    private sealed record Invitation(DelegationRow Row, AccessFacts Facts);
}
