using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Type.V1;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Consents;

/// <summary>An authorisation that a carer declares to have been given.</summary>
internal sealed class DeclareConsent(
    AccessPolicy policy,
    IOptions<RealmOptions> realm,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time,
    ConsentChanges changes)
{
    public Task<DeclareConsentResponse> RunAsync(Call call, DeclareConsentRequest request, CancellationToken ct)
    {
        var caller = call.Caller;
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckActorOrTeam(request.Actor, realm.Value.Realm, faults);
        faults.Require(
            request.Actor is null || !request.AttendingPhysician,
            "attending_physician",
            "Nobody is made attending physician by a colleague.");
        faults.Require(
            System.Enum.IsDefined(request.Collection), "collection", "Must be a value of this version of the contract.");
        var expireTime = ConsentRules.CheckExpireTime(request.ExpireTime, now, accessOptions.Value.AuthorizationDaysMax, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var actor = request.Actor ?? OwnActor(caller);

        return changes.RunAsync<DeclareConsentRequest, DeclareConsentResponse>(
            call,
            request,
            requestId,
            actor,
            async (connection, _) =>
            {
                var access = await policy.RequireLockedAsync(connection, call, recordId, ct);
                return ConsentRules.MayDeclare(caller, actor, request.AttendingPhysician)
                    ? access
                    : throw Failures.Of(ErrorReason.ConsentActionNotAllowed);
            },
            async (connection, access) =>
            {
                var team = await ConsentGiving.RequireGrantableAsync(connection, access, actor, ct);
                var given = new ConsentRow
                {
                    ConsentId = Guid.CreateVersion7(now),
                    RecordId = recordId,
                    ActorKind = (short)actor.Kind,
                    ActorId = actor.Id,
                    ActorName = team?.Name ?? actor.Name,
                    CareTeamId = team?.CareTeamId,
                    AttendingPhysician = request.AttendingPhysician,
                    Origin = (short)ConsentOrigin.Declared,
                    Collection = (short)request.Collection,
                    StructureId = actor.Id == caller.ProfessionalId ? caller.StructureId : null,
                    HiddenFromRepresentatives = call.IsSecret,
                    GivenBy = caller.ToActor().ToByteArray(),
                    GrantTime = now,
                    ExpireTime = expireTime,
                };
                var row = await ConsentGiving.GiveAsync(connection, call, access, given, keepsAttending: true, now, ct);
                return new DeclareConsentResponse { Consent = row.ToMessage(now, access.MajorityTime) };
            },
            ct);
    }

    /// <summary>Whom a declaration without an actor is for: the caller.</summary>
    private static Actor OwnActor(Caller caller) => new()
    {
        Kind = caller.Kind == CallerKind.Professional ? ActorKind.Professional : ActorKind.Structure,
        Id = (caller.Kind == CallerKind.Professional ? caller.ProfessionalId : caller.StructureId)
            ?? throw new InvalidOperationException("A carer without an identifier."),
        Name = caller.DisplayName,
    };
}
