using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.Emergencies;

/// <summary>An emergency access, as stored.</summary>
internal sealed record EmergencyAccessRow
{
    public required Guid EmergencyAccessId { get; init; }

    public required Guid RecordId { get; init; }

    public required string ProfessionalId { get; init; }

    public required byte[] Actor { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Emergency.V1.EmergencyMode"/>.</summary>
    public required short Mode { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset OpenTime { get; init; }

    public required DateTimeOffset ExpireTime { get; init; }

    public DateTimeOffset? AcknowledgeTime { get; init; }

    public string? AcknowledgeComment { get; init; }

    /// <summary>When it was ended before its time; null when it was not.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Emergency.V1.EmergencyEndCause"/>.</summary>
    public short? EndCause { get; init; }
}

/// <summary>A record found by traits.</summary>
internal sealed record FoundRecordRow
{
    public required Guid RecordId { get; init; }

    public required string BirthFamilyName { get; init; }

    public required string[] BirthGivenNames { get; init; }

    public required DateOnly BirthDate { get; init; }

    public required short Sex { get; init; }

    public required string BirthPlaceCode { get; init; }
}

internal static class EmergencySql
{
    private const string Columns =
        """
        emergency_access_id, record_id, professional_id, actor, mode, reason, open_time, expire_time, acknowledge_time,
            acknowledge_comment, end_time, end_cause
        """;

    private const string Insert =
        $"""
        insert into emergency_access (
            emergency_access_id, record_id, professional_id, actor, mode, reason, open_time, expire_time)
        values (@EmergencyAccessId, @RecordId, @ProfessionalId, @Actor, @Mode, @Reason, @OpenTime, @ExpireTime)
        returning {Columns}
        """;

    // Served by the primary key.
    private const string FindForAcknowledgement =
        $"""
        select {Columns}
        from emergency_access
        where emergency_access_id = @EmergencyAccessId
            and record_id = @RecordId
        for no key update
        """;

    private const string Acknowledge =
        $"""
        update emergency_access
        set acknowledge_time = @Now, acknowledged_by = @AcknowledgedBy, acknowledge_comment = @Comment
        where record_id = @RecordId
            and emergency_access_id = @EmergencyAccessId
        returning {Columns}
        """;

    // Served by emergency_access_actor_idx.
    private const string List =
        $"""
        select {Columns}
        from emergency_access
        where record_id = @RecordId
            and (@BeforeId::uuid is null or emergency_access_id < @BeforeId)
        order by emergency_access_id desc
        limit @Limit
        """;

    // Served by emergency_access_queue_idx: ids are in the order of time.
    private const string ListQueue =
        $"""
        select {Columns}
        from emergency_access
        where acknowledge_time is null
            and (@AfterId::uuid is null or emergency_access_id > @AfterId)
        order by emergency_access_id
        limit @Limit
        """;

    // Served by record_traits_idx. What the patient closed, and whom the patient blocked, decides what is found.
    private const string FindByTraits =
        """
        select r.record_id, r.birth_family_name, r.birth_given_names, r.birth_date, r.sex, r.birth_place_code
        from record r
        where r.birth_date = @BirthDate
            and r.sex = @Sex
            and upper(r.birth_family_name) = upper(@BirthFamilyName)
            and (@BirthGivenName::text is null
                or exists (select from unnest(r.birth_given_names) as given where upper(given) = upper(@BirthGivenName)))
            and r.state = 1
            and r.emergency_regulation_allowed
            and not exists (
                select from block b
                where b.record_id = r.record_id
                    and b.unblock_time is null
                    and (b.actor_kind = 1 and b.actor_id = @ProfessionalId or b.actor_kind = 2 and b.actor_id = @StructureId)
            )
        order by r.record_id
        limit @Limit
        """;

    public static Task<EmergencyAccessRow> InsertAsync(NpgsqlConnection connection, EmergencyAccessRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<EmergencyAccessRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    public static Task<EmergencyAccessRow?> FindForAcknowledgementAsync(
        NpgsqlConnection connection, RecordAccess access, Guid emergencyAccessId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<EmergencyAccessRow>(new CommandDefinition(
            FindForAcknowledgement, new { access.RecordId, EmergencyAccessId = emergencyAccessId }, cancellationToken: ct));

    public static Task<EmergencyAccessRow> AcknowledgeAsync(
        NpgsqlConnection connection, EmergencyAccessRow locked, byte[] acknowledgedBy, string? comment, DateTimeOffset now,
            CancellationToken ct) =>
        connection.QuerySingleAsync<EmergencyAccessRow>(new CommandDefinition(
            Acknowledge,
            new { locked.RecordId, locked.EmergencyAccessId, AcknowledgedBy = acknowledgedBy, Comment = comment, Now = now },
            cancellationToken: ct));

    public static Task<IEnumerable<EmergencyAccessRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<EmergencyAccessRow>(new CommandDefinition(
            List, new { access.RecordId, BeforeId = beforeId, Limit = limit }, cancellationToken: ct));

    /// <summary>Over all records: for reviewers, who see no content.</summary>
    public static Task<IEnumerable<EmergencyAccessRow>> ListQueueAsync(
        NpgsqlConnection connection, Guid? afterId, int limit, CancellationToken ct) =>
        connection.QueryAsync<EmergencyAccessRow>(new CommandDefinition(
            ListQueue, new { AfterId = afterId, Limit = limit }, cancellationToken: ct));

    public static Task<IEnumerable<FoundRecordRow>> FindByTraitsAsync(
        NpgsqlConnection connection,
        Caller caller,
        string birthFamilyName,
        string? birthGivenName,
        DateOnly birthDate,
        short sex,
        int limit,
        CancellationToken ct) =>
        connection.QueryAsync<FoundRecordRow>(new CommandDefinition(
            FindByTraits,
            new
            {
                BirthFamilyName = birthFamilyName,
                BirthGivenName = birthGivenName,
                BirthDate = birthDate,
                Sex = sex,
                caller.ProfessionalId,
                caller.StructureId,
                Limit = limit,
            },
            cancellationToken: ct));
}
