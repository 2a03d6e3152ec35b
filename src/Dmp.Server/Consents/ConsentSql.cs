using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>An authorisation, as stored.</summary>
internal sealed record ConsentRow
{
    public required Guid ConsentId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: professional, structure or care team.</summary>
    public required short ActorKind { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }

    /// <summary>The team, when the actor is one.</summary>
    public Guid? CareTeamId { get; init; }

    /// <summary>The first authorisation of this structure or team on the record.</summary>
    public bool Initial { get; init; }

    public required bool AttendingPhysician { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Consent.V1.ConsentOrigin"/>.</summary>
    public required short Origin { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Consent.V1.ConsentCollection"/>.</summary>
    public required short Collection { get; init; }

    /// <summary>Where the professional worked when it was declared; null for what the patient gave.</summary>
    public string? StructureId { get; init; }

    public required byte[] GivenBy { get; init; }

    public required DateTimeOffset GrantTime { get; init; }

    public required DateTimeOffset ExpireTime { get; init; }

    /// <summary>When it was ended. At or after <see cref="ExpireTime"/>: it had ended by time, and a later one took its place.</summary>
    public DateTimeOffset? RevokeTime { get; init; }

    /// <summary>Declared in a secret connection: does not exist for representatives and caregivers.</summary>
    public bool HiddenFromRepresentatives { get; init; }

    /// <summary>When the patient approved it after coming of age.</summary>
    public DateTimeOffset? ReapproveTime { get; init; }
}

internal static class ConsentSql
{
    private const string Columns =
        """
        consent_id, record_id, actor_kind, actor_id, actor_name, care_team_id, initial, attending_physician, origin, collection,
            structure_id, given_by, grant_time, expire_time, revoke_time, reapprove_time, hidden_from_representatives
        """;

    // Served by consent_living_key. Changes of one record's consents follow each other: the record is locked.
    private const string FindLiving =
        $"""
        select {Columns}
        from consent
        where record_id = @RecordId
            and actor_kind = @ActorKind
            and actor_id = @ActorId
            and hidden_from_representatives = @Hidden
            and revoke_time is null
        """;

    // Served by consent_pkey.
    private const string Find =
        $"""
        select {Columns}
        from consent
        where consent_id = @ConsentId
            and record_id = @RecordId
            and (@SeesSecret or not hidden_from_representatives)
        """;

    // Whether it is the first one is decided under the lock of the record.
    private const string Insert =
        $"""
        insert into consent (
            consent_id, record_id, actor_kind, actor_id, actor_name, care_team_id, initial, attending_physician, origin, collection,
            structure_id, given_by, create_time, grant_time, expire_time, hidden_from_representatives)
        values (
            @ConsentId, @RecordId, @ActorKind, @ActorId, @ActorName, @CareTeamId,
            @ActorKind::smallint <> 1 and not exists (
                select from consent where record_id = @RecordId and actor_kind = @ActorKind and actor_id = @ActorId),
            @AttendingPhysician, @Origin, @Collection, @StructureId, @GivenBy, @GrantTime, @GrantTime, @ExpireTime,
                @HiddenFromRepresentatives)
        returning {Columns}
        """;

    private const string Renew =
        $"""
        update consent
        set actor_name = @ActorName,
            attending_physician = @AttendingPhysician,
            origin = @Origin,
            collection = @Collection,
            structure_id = @StructureId,
            given_by = @GivenBy,
            grant_time = @GrantTime,
            expire_time = @ExpireTime,
            expiry_told = false
        where record_id = @RecordId
            and consent_id = @ConsentId
        returning {Columns}
        """;

    private const string Revoke =
        $"""
        update consent
        set revoke_time = @Now, revoked_by = @RevokedBy
        where record_id = @RecordId
            and consent_id = @ConsentId
        returning {Columns}
        """;

    // Served by consent_pkey. The state is that of ConsentRules.StateOf.
    private const string List =
        $"""
        select {Columns}
        from (
            select c.*, {Majority.IsApproved} as is_approved
            from consent c
            join record r on r.record_id = c.record_id
            where c.record_id = @RecordId
                and (@SeesSecret or not c.hidden_from_representatives)
        ) c
        where case
                when revoke_time is null and expire_time > @Now and is_approved then 1
                when revoke_time is null and expire_time > @Now then 4
                when revoke_time is null or revoke_time >= expire_time then 2
                else 3
            end = any(@States)
            and (@BeforeConsentId::uuid is null or consent_id < @BeforeConsentId)
        order by consent_id desc
        limit @Limit
        """;

    // Served by consent_pkey.
    private const string Reapprove =
        $"""
        update consent
        set reapprove_time = @Now
        where record_id = @RecordId
            and consent_id in (
                select c.consent_id
                from consent c
                join record r on r.record_id = c.record_id
                where c.record_id = @RecordId
                    and c.revoke_time is null
                    and c.expire_time > @Now
                    and not {Majority.IsApproved}
                    and (@SeesSecret or not c.hidden_from_representatives)
                    and (@ConsentIds::uuid[] is null or c.consent_id = any(@ConsentIds))
            )
        returning {Columns}
        """;

    /// <summary>
    /// The authorisation that was not ended by anybody, whether or not its time is over: the one that representatives know, or the hidden
    /// one.
    /// </summary>
    public static Task<ConsentRow?> FindLivingAsync(
        NpgsqlConnection connection, RecordAccess access, short actorKind, string actorId, bool hidden, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<ConsentRow>(new CommandDefinition(
            FindLiving, new { access.RecordId, ActorKind = actorKind, ActorId = actorId, Hidden = hidden }, cancellationToken: ct));

    public static Task<ConsentRow?> FindAsync(NpgsqlConnection connection, RecordAccess access, Guid consentId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<ConsentRow>(new CommandDefinition(
            Find, new { access.RecordId, access.SeesSecret, ConsentId = consentId }, cancellationToken: ct));

    public static Task<ConsentRow> InsertAsync(NpgsqlConnection connection, ConsentRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<ConsentRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    public static Task<ConsentRow> RenewAsync(NpgsqlConnection connection, ConsentRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<ConsentRow>(new CommandDefinition(Renew, row, cancellationToken: ct));

    public static Task<ConsentRow> RevokeAsync(
        NpgsqlConnection connection, ConsentRow row, byte[] revokedBy, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<ConsentRow>(new CommandDefinition(
            Revoke, new { row.RecordId, row.ConsentId, RevokedBy = revokedBy, Now = now }, cancellationToken: ct));

    /// <summary>Approves those that wait for it: all, or those named. Returns them.</summary>
    public static Task<IEnumerable<ConsentRow>> ReapproveAsync(
        NpgsqlConnection connection, RecordAccess access, Guid[]? consentIds, DateTimeOffset now, CancellationToken ct) =>
        connection.QueryAsync<ConsentRow>(new CommandDefinition(
            Reapprove, new { access.RecordId, access.SeesSecret, ConsentIds = consentIds, Now = now }, cancellationToken: ct));

    public static Task<IEnumerable<ConsentRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, short[] states, DateTimeOffset now, Guid? beforeConsentId, int limit,
            CancellationToken ct) =>
        connection.QueryAsync<ConsentRow>(new CommandDefinition(
            List,
            new { access.RecordId, access.SeesSecret, States = states, Now = now, BeforeConsentId = beforeConsentId, Limit = limit },
            cancellationToken: ct));
}
