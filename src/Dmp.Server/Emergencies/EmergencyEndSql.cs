using Dapper;
using Dmp.Emergency.V1;
using Dmp.Server.Access;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Emergencies;

/// <summary>
/// What ends open emergency accesses before their time, in the transaction of the change that does it. The end is stored: what made it can
/// be undone, and the access stays ended. The record is locked, so that an opening is before the change or after it.
/// </summary>
internal static class EmergencyEndSql
{
    // Served by emergency_access_actor_idx: those of one record, of which few are open.
    private const string ListOpen =
        """
        select emergency_access_id, mode, professional_id, actor
        from emergency_access
        where record_id = @RecordId
            and expire_time > @Now
            and end_time is null
        """;

    // The primary key.
    private const string End =
        """
        update emergency_access
        set end_time = @Now, end_cause = @Cause
        where emergency_access_id = any(@EmergencyAccessIds)
            and record_id = @RecordId
            and end_time is null
        """;

    /// <summary>Those of the modes whose switch is being closed.</summary>
    public static Task OfSwitchesAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        bool isGlassClosed,
        bool isRegulationClosed,
        DateTimeOffset now,
        CancellationToken ct)
    {
        return !isGlassClosed && !isRegulationClosed
            ? Task.CompletedTask
            : EndAsync(
                connection,
                access,
                EmergencyEndCause.SwitchClosed,
                open => (EmergencyMode)open.Mode == EmergencyMode.BreakGlass ? isGlassClosed : isRegulationClosed,
                now,
                ct);
    }

    /// <summary>Those of a professional who was blocked, or that were opened in a structure which was.</summary>
    public static Task OfBlockAsync(
        NpgsqlConnection connection, RecordAccess access, Actor blocked, DateTimeOffset now, CancellationToken ct) =>
        EndAsync(
            connection,
            access,
            EmergencyEndCause.Blocked,
            open => blocked.Kind == ActorKind.Professional
                ? open.ProfessionalId == blocked.Id
                : Actor.Parser.ParseFrom(open.Actor).StructureId == blocked.Id,
            now,
            ct);

    /// <summary>All of a record that is being closed.</summary>
    public static Task OfClosingAsync(NpgsqlConnection connection, RecordAccess access, DateTimeOffset now, CancellationToken ct) =>
        EndAsync(connection, access, EmergencyEndCause.RecordClosed, _ => true, now, ct);

    private static async Task EndAsync(
        NpgsqlConnection connection, RecordAccess access, EmergencyEndCause cause, Func<OpenAccess, bool> isEnded, DateTimeOffset now,
            CancellationToken ct)
    {
        var open = await connection.QueryAsync<OpenAccess>(new CommandDefinition(
            ListOpen, new { access.RecordId, Now = now }, cancellationToken: ct));
        var ended = open.Where(isEnded).Select(one => one.EmergencyAccessId).ToArray();
        if (ended.Length > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                End, new { access.RecordId, EmergencyAccessIds = ended, Now = now, Cause = (short)cause }, cancellationToken: ct));
        }
    }

    private sealed record OpenAccess
    {
        public required Guid EmergencyAccessId { get; init; }

        public required short Mode { get; init; }

        public required string ProfessionalId { get; init; }

        public required byte[] Actor { get; init; }
    }
}
