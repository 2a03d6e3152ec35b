using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.CareTeams;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>An authorisation given: by the patient, or declared by a carer.</summary>
internal static class ConsentGiving
{
    public static Task TellAsync(
        NpgsqlConnection connection, Call call, string kind, ConsentRow row, DateTimeOffset now, CancellationToken ct) =>
        OutboxSql.AppendAsync(
            connection,
            call,
            kind,
            row.RecordId,
            now,
            new() { ActorKind = row.ActorKind, ActorId = row.ActorId, SubjectId = row.ConsentId },
            ct);

    /// <summary>Refuses somebody who is blocked, and a team that is none of this record or, to a professional, none of the own.</summary>
    public static async Task<CareTeamRow?> RequireGrantableAsync(
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
    public static async Task<ConsentRow> GiveAsync(
        NpgsqlConnection connection,
        Call call,
        RecordAccess access,
        ConsentRow given,
        bool keepsAttending,
        DateTimeOffset now,
        CancellationToken ct)
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

        await TellAsync(connection, call, row.Initial ? OutboxKind.InitialConsentGiven : OutboxKind.ConsentGranted, row, now, ct);
        return row;
    }
}
