using Dapper;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>Somebody whom a change may concern, with the piece of the feed it was found in.</summary>
internal sealed record ConcernedRow
{
    /// <summary>The end of the piece: of a commit, and everything up to it was looked at.</summary>
    public required long EndPosition { get; init; }

    /// <summary>The end of all there is.</summary>
    public required long LastPosition { get; init; }

    /// <summary>The matrix of document types in force.</summary>
    public Guid? MatrixId { get; init; }

    /// <summary>Null in the only row of a piece that concerns nobody.</summary>
    public string? Watcher { get; init; }

    /// <summary>The last change that may concern the watcher.</summary>
    public long Position { get; init; }
}

/// <summary>Whom the next changes may concern, of everybody: the condition of <see cref="FeedSql"/>, asked from the changes.</summary>
internal static class FeedWatchSql
{
    /// <summary>Changes of one piece.</summary>
    private const int PieceRows = 1000;

    // From the changes to their records (change_pkey), and from each record to whoever was ever authorised (consent_pkey, and of teams
    // care_team_member_pkey), deposited (document_version_pkey), is the patient (record_pkey) or was entrusted (delegation_pkey).
    private const string Concerned =
        $"""
        with s as materialized (
            select h.last_position,
                coalesce(
                    (
                        select max(n.commit_position)
                        from (select commit_position from change where position > @After order by position limit @PieceRows) n
                    ),
                    h.last_position
                ) as end_position,
                {FeedSql.Matrix}
            from change_head h
        ), changed as materialized (
            select c.record_id, max(c.commit_position) as position
            from s
            join change c on c.position > @After and c.position <= s.end_position
            group by c.record_id
        ), concerned as (
            select k.actor_kind || '|' || k.actor_id as watcher, c.position
            from changed c
            join consent k on k.record_id = c.record_id
            where k.actor_id is not null
            union all
            select m.actor_kind || '|' || m.actor_id, c.position
            from changed c
            join consent k on k.record_id = c.record_id
            join care_team_member m on m.care_team_id = k.care_team_id
            union all
            select 'deposits|' || o.depositor_structure_id, c.position
            from changed c
            cross join lateral (
                select distinct v.depositor_structure_id
                from document_version v
                where v.record_id = c.record_id and v.depositor_structure_id is not null
                offset 0
            ) o
            union all
            select 'ins|' || r.ins_system || '|' || r.ins_number, c.position
            from changed c
            join record r on r.record_id = c.record_id
            union all
            select 'delegate|' || d.delegate_subject, c.position
            from changed c
            join delegation d on d.record_id = c.record_id
            where d.delegate_subject is not null
        )
        select s.end_position, s.last_position, s.matrix_id, w.watcher, coalesce(w.position, 0) as position
        from s
        left join (select watcher, max(position) as position from concerned group by watcher) w on true
        """;

    private static readonly ScopedSql concerned = new(WorkRole.Watch, Concerned);

    /// <summary>The next piece behind a position: at least one row.</summary>
    public static async Task<List<ConcernedRow>> FindAsync(
        NpgsqlConnection connection, long after, DateTimeOffset now, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            concerned.For(RowScope.Watch),
            RowScope.Watch.Parameters(new { After = after, PieceRows, Now = now }),
            cancellationToken: ct));
        await results.ReadAsync();
        return (await results.ReadAsync<ConcernedRow>()).AsList();
    }
}
