using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>A designation accepted by the person who has its code: that person's signature (CSP L1111-6).</summary>
internal sealed class AcceptTrustedPerson(RequestLog requestLog, WishVault vault, TimeProvider time)
{
    public async Task<AcceptTrustedPersonResponse> RunAsync(Call call, AcceptTrustedPersonRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer is not sealed, so that a repeat opens the designation anew.
        TrustedPerson? named = null;
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new AcceptTrustedPersonRequest(request) { RequestId = "" }),
            AcceptTrustedPersonResponse.Parser,
            async connection =>
            {
                var now = time.GetUtcNow();
                var isMinor = await TrustedPersonSql.IsMinorAsync(connection, call.Caller, now, ct);
                var invitation = await TrustedPersonInvitation.RequireAsync(connection, call, request.Code, now, ct);
                named = await vault.OpenAsync(invitation.Row, invitation.Row.TrustedPersonId, TrustedPerson.Parser, ct)
                    ?? throw Failures.Of(ErrorReason.TrustedPersonCodeInvalid);
                return (Invitation: invitation, IsMinor: isMinor);
            },
            async (connection, proof) =>
            {
                var now = time.GetUtcNow();
                var (row, facts) = (proof.Invitation.Row, proof.Invitation.Facts);
                proof.Invitation.RequireOpen(now);
                if (proof.IsMinor || Capacities.Of(call.Caller, facts) == Capacity.Patient)
                {
                    throw Failures.Of(ErrorReason.WishNotAllowed);
                }

                await TrustedPersonSql.AcceptAsync(connection, row, call.ActAs(Capacity.TrustedPerson, delegateName: null), now, ct);
                await OutboxSql.AppendAsync(
                    connection, call, OutboxKind.TrustedPersonAccepted, row.RecordId, now, new() { SubjectId = row.TrustedPersonId }, ct);
                return new AcceptTrustedPersonResponse { TrustedPerson = (row with { AcceptTime = now }).ToMessage(now) };
            },
            ct);
        response.TrustedPerson.MergeFrom(named);
        return response;
    }
}
