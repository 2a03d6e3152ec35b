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

    /// <summary>Whom the change may concern, as subscribers are named; null in the only row of a piece that concerns nobody.</summary>
    public string? Name { get; init; }

    /// <summary>The last change that may.</summary>
    public long Position { get; init; }
}

/// <summary>Whom the next changes may concern, of everybody: the condition of <see cref="FeedSql"/>, asked from the changes.</summary>
internal static class FeedWatchSql
{
    /// <summary>Changes of one piece.</summary>
    private const int PieceRows = 1000;

    // From the changes to their records (change_pkey), and from each record to whoever was ever authorised (consent_pkey, and of teams
    // care_team_member_team_idx), deposited (document_version_pkey), is the patient (record_pkey) or was entrusted (delegation_pkey).
    private const string Concerned =
        $"""
        with s as materialized (
            select h.last_position,
                {FeedSql.EndOfPiece},
                {FeedSql.Matrix}
            from change_head h
        ), changed as materialized (
            select c.record_id, max(c.commit_position) as position
            from s
            join change c on c.position > @After and c.position <= s.end_position
            group by c.record_id
        ), concerned as (
            select k.actor_kind || '|' || k.actor_id as name, c.position
            from changed c
            join consent k on k.record_id = c.record_id
            where k.care_team_id is null
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
        select s.end_position, s.last_position, s.matrix_id, w.name, coalesce(w.position, 0) as position
        from s
        left join (select name, max(position) as position from concerned group by name) w on true
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
