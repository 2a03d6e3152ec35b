using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Consents;

/// <summary>An authorisation given by the patient or a representative.</summary>
internal sealed class GrantConsent(
    AccessPolicy policy,
    IOptions<RealmOptions> realm,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time,
    ConsentChanges changes)
{
    public Task<GrantConsentResponse> RunAsync(Call call, GrantConsentRequest request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckActorOrTeam(request.Actor, realm.Value.Realm, faults);
        ConsentRules.CheckAttending(request.AttendingPhysician, request.Actor, faults);
        var expireTime = ConsentRules.CheckExpireTime(request.ExpireTime, now, accessOptions.Value.AuthorizationDaysMax, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return changes.RunAsync<GrantConsentRequest, GrantConsentResponse>(
            call,
            request,
            requestId,
            request.Actor,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var team = await ConsentGiving.RequireGrantableAsync(connection, access, request.Actor, ct);
                var origin = access.Capacity == Capacity.Patient ? ConsentOrigin.Patient : ConsentOrigin.Representative;
                var given = new ConsentRow
                {
                    ConsentId = Guid.CreateVersion7(now),
                    RecordId = recordId,
                    ActorKind = (short)request.Actor.Kind,
                    ActorId = request.Actor.Id,
                    ActorName = team?.Name ?? request.Actor.Name,
                    CareTeamId = team?.CareTeamId,
                    AttendingPhysician = request.AttendingPhysician,
                    Origin = (short)origin,
                    Collection = (short)ConsentCollection.Unspecified,
                    GivenBy = call.ActingCaller.ToActor().ToByteArray(),
                    GrantTime = now,
                    ExpireTime = expireTime,
                };
                var row = await ConsentGiving.GiveAsync(connection, call, access, given, keepsAttending: false, now, ct);
                return new GrantConsentResponse { Consent = row.ToMessage(now, access.MajorityTime) };
            },
            ct);
    }
}
