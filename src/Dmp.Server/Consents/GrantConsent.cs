using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.CareTeams;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Consents;

internal sealed partial class ConsentService
{
    public override Task<GrantConsentResponse> GrantConsent(GrantConsentRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckActorOrTeam(request.Actor, realm.Value.Realm, faults);
        ConsentRules.CheckAttending(request.AttendingPhysician, request.Actor, faults);
        var expireTime = ConsentRules.CheckExpireTime(request.ExpireTime, now, accessOptions.Value.AuthorizationDaysMax, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return ChangeAsync<GrantConsentRequest, GrantConsentResponse>(
            call,
            request,
            requestId,
            request.Actor,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var team = await RequireGrantableAsync(connection, access, request.Actor, ct);
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
                    GivenBy = call.Caller.ToActor().ToByteArray(),
                    GrantTime = now,
                    ExpireTime = expireTime,
                };
                var row = await GiveAsync(connection, access, given, keepsAttending: false, now, ct);
                return new GrantConsentResponse { Consent = row.ToMessage(now, access.MajorityTime) };
            },
            ct);
    }

    public override Task<DeclareConsentResponse> DeclareConsent(DeclareConsentRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var caller = call.Caller;
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckActorOrTeam(request.Actor, realm.Value.Realm, faults);
        faults.Require(
            request.Actor is null || !request.AttendingPhysician, "attending_physician", "Nobody is made attending physician by a colleague.");
        faults.Require(
            System.Enum.IsDefined(request.Collection), "collection", "Must be a value of this version of the contract.");
        var expireTime = ConsentRules.CheckExpireTime(request.ExpireTime, now, accessOptions.Value.AuthorizationDaysMax, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var actor = request.Actor ?? OwnActor(caller);

        return ChangeAsync<DeclareConsentRequest, DeclareConsentResponse>(
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
                var team = await RequireGrantableAsync(connection, access, actor, ct);
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
                var row = await GiveAsync(connection, access, given, keepsAttending: true, now, ct);
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

    /// <summary>Refuses somebody who is blocked, and a team that is none of this record or, to a professional, none of the own.</summary>
    private static async Task<CareTeamRow?> RequireGrantableAsync(
        NpgsqlConnection connection, RecordAccess access, Actor actor, CancellationToken ct)
    {
        if (actor.Kind == ActorKind.CareTeam)
        {
            return await CareTeamSql.FindAsync(connection, access, Guid.Parse(actor.Id), onlyMine: !access.IsOwner, ct)
                ?? throw Failures.Of(ErrorReason.CareTeamNotFound);
        }

        return await BlockSql.FindLivingAsync(connection, access, (short)actor.Kind, actor.Id, ct) is null
            ? null
            : throw Failures.Of(ErrorReason.ActorBlocked);
    }

    /// <summary>
    /// Adds an authorisation, or renews the one in force. One that has ended by time is closed and stays in the list, so that
    /// the patient sees both.
    /// </summary>
    private static async Task<ConsentRow> GiveAsync(
        NpgsqlConnection connection, RecordAccess access, ConsentRow given, bool keepsAttending, DateTimeOffset now, CancellationToken ct)
    {
        var living = await ConsentSql.FindLivingAsync(
            connection, access, given.ActorKind, given.ActorId, given.HiddenFromRepresentatives, ct);
        ConsentRow row;
        if (living is not null && ConsentRules.StateOf(living, now, access.MajorityTime) == ConsentState.PendingReapproval)
        {
            // What others decided for the child, the end and the role, is not what the adult says now.
            row = await ConsentSql.RenewAsync(
                connection, ConsentRules.Renew(living with { ExpireTime = given.ExpireTime }, given), ct);
        }
        else if (living is not null && ConsentRules.StateOf(living, now, access.MajorityTime) == ConsentState.Active)
        {
            var attending = given.AttendingPhysician || (keepsAttending && living.AttendingPhysician);
            row = await ConsentSql.RenewAsync(connection, ConsentRules.Renew(living, given with { AttendingPhysician = attending }), ct);
        }
        else
        {
            if (living is not null)
            {
                await ConsentSql.RevokeAsync(connection, living, given.GivenBy, now, ct);
            }

            row = await ConsentSql.InsertAsync(connection, given, ct);
        }

        await TellAsync(connection, row.Initial ? OutboxKind.InitialConsentGiven : OutboxKind.ConsentGranted, row, now, ct);
        return row;
    }
}
