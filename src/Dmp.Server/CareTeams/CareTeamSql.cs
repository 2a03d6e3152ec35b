using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Npgsql;

namespace Dmp.Server.CareTeams;

/// <summary>A care team, as stored.</summary>
internal sealed record CareTeamRow
{
    public required Guid CareTeamId { get; init; }

    /// <summary>The record on which the patient recognises it; null for a formal one.</summary>
    public Guid? RecordId { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required byte[] CreatedBy { get; init; }

    public required long Revision { get; init; }
}

/// <summary>A member of a team.</summary>
internal sealed record CareTeamMemberRow
{
    public required Guid CareTeamId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: professional or structure.</summary>
    public required short ActorKind { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }
}

internal static class CareTeamSql
{
    private const string Columns = "t.care_team_id, t.record_id, t.name, t.create_time, t.created_by, t.revision";

    // care_team_member_living_key.
    private const string HasCaller =
        """
        exists (
            select from care_team_member m
            where m.care_team_id = t.care_team_id
                and m.leave_time is null
                and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
        )
        """;

    private const string Insert =
        """
        insert into care_team (care_team_id, record_id, name, create_time, created_by, revision)
        values (@CareTeamId, @RecordId, @Name, @CreateTime, @CreatedBy, @Revision)
        """;

    // Locks the team, so that two lists of members follow each other.
    private const string FindForChange =
        $"""
        select {Columns}
        from care_team t
        where t.care_team_id = @CareTeamId
            and t.record_id is not distinct from @RecordId
        for no key update
        """;

    // Waits for a list of members under way, which tells the records that it finds authorised: an authorisation that came meanwhile would
    // not be told of the members, and facts be remembered that no change ends. A statement of its own: what it waited for is seen by the
    // next one only.
    private const string Share =
        """
        select care_team_id from care_team
        where care_team_id = @CareTeamId
            and (record_id is null or record_id = @RecordId)
        for share
        """;

    // care_team_pkey. A recognised team is for its record only.
    private const string Find =
        $"""
        select {Columns}
        from care_team t
        where t.care_team_id = @CareTeamId
            and (t.record_id is null or t.record_id = @RecordId)
            and (not @OnlyMine or {HasCaller})
        """;

    private const string Touch = "update care_team set revision = revision + 1 where care_team_id = @CareTeamId";

    private const string Leave =
        """
        update care_team_member
        set leave_time = @Now
        where care_team_id = @CareTeamId
            and leave_time is null
            and not (actor_kind::text || actor_id = any(@Stays))
        """;

    private const string Join =
        """
        insert into care_team_member (care_team_id, record_id, actor_kind, actor_id, actor_name, join_time)
        values (@CareTeamId, @RecordId, @ActorKind, @ActorId, @ActorName, @Now)
        on conflict (care_team_id, actor_kind, actor_id) where leave_time is null
        do update set actor_name = excluded.actor_name
        """;

    // Served by care_team_record_idx, consent_pkey and care_team_member_actor_idx, one branch each: asked for together, by "or", the
    // teams of everybody are read.
    private const string List =
        $"""
        select {Columns}
        from (
            select o.care_team_id from care_team o where o.record_id = @RecordId
            union
            select c.care_team_id from consent c where not @OnlyMine and c.record_id = @RecordId and c.actor_kind = 9
            union
            select m.care_team_id from care_team_member m
            where @OnlyMine
                and m.leave_time is null
                and (m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId)
        ) o
        cross join lateral (select t.* from care_team t where t.care_team_id = o.care_team_id offset 0) t
        where (t.record_id is null or t.record_id = @RecordId)
            and (not @OnlyMine or {HasCaller})
        order by t.care_team_id
        limit 200
        """;

    // Served by consent_care_team_idx. A formal team may be authorised on many records, and each is told that its members are others.
    private const string TellOfRecords =
        """
        insert into outbox (event_time, kind, record_id, subject_id, hidden_from_representatives, made_by_kind)
        select @Now, @Kind, c.record_id, @CareTeamId, c.hidden_from_representatives, @MadeByKind
        from consent c
        where c.care_team_id = @CareTeamId
            and c.revoke_time is null
            and c.expire_time > @Now
        """;

    private const string Members =
        """
        select care_team_id, actor_kind, actor_id, actor_name
        from care_team_member
        where care_team_id = any(@CareTeamIds)
            and leave_time is null
        order by join_time, actor_id
        """;

    public static Task InsertAsync(NpgsqlConnection connection, CareTeamRow row, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Insert, row, cancellationToken: ct));

    /// <summary>The team, locked; a formal one when <paramref name="recordId"/> is null.</summary>
    public static Task<CareTeamRow?> FindForChangeAsync(
        NpgsqlConnection connection, Guid careTeamId, Guid? recordId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CareTeamRow>(new CommandDefinition(
            FindForChange, new { CareTeamId = careTeamId, RecordId = recordId }, cancellationToken: ct));

    /// <summary>A team that may be authorised on the record; <paramref name="onlyMine"/>: of which the caller is a member.</summary>
    public static async Task<CareTeamRow?> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Guid careTeamId, bool onlyMine, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{Share}; {Find}",
            new
            {
                CareTeamId = careTeamId,
                access.RecordId,
                OnlyMine = onlyMine,
                access.Caller.ProfessionalId,
                access.Caller.StructureId,
            },
            cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<CareTeamRow>();
    }

    /// <summary>Makes these the members: those who left have left, those who stay keep their time of joining.</summary>
    public static async Task SetMembersAsync(
        NpgsqlConnection connection,
        Guid careTeamId,
        Guid? recordId,
        IReadOnlyList<CareTeamMemberRow> members,
        DateTimeOffset now,
        CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            Leave,
            new { CareTeamId = careTeamId, Now = now, Stays = members.Select(member => $"{member.ActorKind}{member.ActorId}").ToArray() },
            cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            Join,
            members.Select(member => new
            {
                member.CareTeamId,
                RecordId = recordId,
                member.ActorKind,
                member.ActorId,
                member.ActorName,
                Now = now
            }),
            cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(Touch, new { CareTeamId = careTeamId }, cancellationToken: ct));
    }

    /// <summary>
    /// Tells of a change of members on each record on which the team is authorised, on a connection of the scope of teams.
    /// </summary>
    public static Task TellOfRecordsAsync(
        NpgsqlConnection connection, string kind, Guid careTeamId, Caller maker, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            TellOfRecords,
            new { Now = now, Kind = kind, CareTeamId = careTeamId, MadeByKind = (short)maker.ToActor().Kind },
            cancellationToken: ct));

    public static Task<IEnumerable<CareTeamRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, bool onlyMine, CancellationToken ct) =>
        connection.QueryAsync<CareTeamRow>(new CommandDefinition(
            List,
            new { access.RecordId, OnlyMine = onlyMine, access.Caller.ProfessionalId, access.Caller.StructureId },
            cancellationToken: ct));

    public static Task<IEnumerable<CareTeamMemberRow>> ListMembersAsync(
        NpgsqlConnection connection, IEnumerable<Guid> careTeamIds, CancellationToken ct) =>
        connection.QueryAsync<CareTeamMemberRow>(new CommandDefinition(
            Members, new { CareTeamIds = careTeamIds.ToArray() }, cancellationToken: ct));
}
