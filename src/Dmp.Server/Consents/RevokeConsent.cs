using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf;

namespace Dmp.Server.Consents;

/// <summary>An authorisation taken back.</summary>
internal sealed class RevokeConsent(AccessPolicy policy, TimeProvider time, ConsentChanges changes)
{
    public Task<RevokeConsentResponse> RunAsync(Call call, RevokeConsentRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var consentId = faults.Id(request.ConsentId, "consent_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // As it is under the lock of the record; the effect is in the same transaction.
        ConsentRow? found = null;
        return changes.RunAsync<RevokeConsentRequest, RevokeConsentResponse>(
            call,
            request,
            requestId,
            null,
            // Who gives up the own authorisation has none any more when the call is repeated.
            async (connection, fingerprint) =>
            {
                var access = await policy.RequireLockedOrRepeatAsync(connection, call, recordId, requestId, fingerprint, ct);
                found = await ConsentSql.FindAsync(connection, access, consentId, ct)
                    ?? throw Failures.Of(ErrorReason.ConsentNotFound);

                // The end of a secret is as secret as its beginning; also when it is repeated or refused.
                call.Trace.HidesEvent = found.HiddenFromRepresentatives;
                return access;
            },
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var row = found!;
                if (!ConsentRules.MayRevoke(access, row))
                {
                    throw Failures.Of(ErrorReason.ConsentActionNotAllowed);
                }

                if (ConsentRules.StateOf(row, now, access.MajorityTime) is ConsentState.Active or ConsentState.PendingReapproval)
                {
                    row = await ConsentSql.RevokeAsync(connection, row, call.ActingCaller.ToActor().ToByteArray(), now, ct);
                    await ConsentGiving.TellAsync(connection, call, OutboxKind.ConsentRevoked, row, now, ct);
                }

                return new RevokeConsentResponse { Consent = row.ToMessage(now, access.MajorityTime) };
            },
            ct);
    }
}
