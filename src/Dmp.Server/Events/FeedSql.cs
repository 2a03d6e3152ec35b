using Dapper;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Records;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>A change that may be something to the caller, with the piece of the feed it was found in.</summary>
internal sealed record FeedRow
{
    /// <summary>What is at or below was forgotten.</summary>
    public required long FirstPosition { get; init; }

    /// <summary>The end of the piece: of a commit, and everything up to it was looked at.</summary>
    public required long EndPosition { get; init; }

    /// <summary>The end of all there is.</summary>
    public required long LastPosition { get; init; }

    /// <summary>The matrix of document types in force.</summary>
    public Guid? MatrixId { get; init; }

    /// <summary>Everything that has committed has its place.</summary>
    public required bool IsSequenced { get; init; }

    /// <summary>Null, with all that follows, in the only row of a piece without a change for the caller.</summary>
    public long? Position { get; init; }

    public long CommitPosition { get; init; }

    public string Kind { get; init; } = "";

    public Guid RecordId { get; init; }

    public Guid? DocumentId { get; init; }

    public DateTimeOffset EventTime { get; init; }

    public bool HiddenFromRepresentatives { get; init; }
}

/// <summary>What there is of the feed, and the matrix of document types in force.</summary>
internal sealed record FeedHead
{
    public required long FirstPosition { get; init; }

    public required long LastPosition { get; init; }

    public Guid? MatrixId { get; init; }
}

/// <summary>What is looked for: the next changes behind a position, all or of some records, and so many of them in one piece.</summary>
internal sealed record FeedPiece(Caller Caller, Guid[]? Records, long After, int PieceRows, DateTimeOffset Now);

/// <summary>
/// The changes in their order, as far as they may be something to one caller. What they are to the caller is decided record by record.
/// </summary>
internal static class FeedSql
{
    /// <summary>A column: the matrix of document types in force. Served by habilitation_matrix_effective_idx.</summary>
    public const string Matrix =
        """
        (
                select m.matrix_id
                from habilitation_matrix m
                where m.effective_time <= @Now
                order by m.effective_time desc, m.import_time desc
                limit 1
            ) as matrix_id
        """;

    private const string Head = $"select h.first_position, h.last_position, {Matrix} from change_head h";

    /// <summary>A column: where a piece ends. That is the end of a commit, so a piece may be a little longer than its limit.</summary>
    public const string EndOfPiece =
        """
        coalesce(
                (
                    select max(n.commit_position)
                    from (select commit_position from change where position > @After order by position limit @PieceRows) n
                ),
                h.last_position
            ) as end_position
        """;

    private const string Span =
        $"""
        select h.first_position, h.last_position,
            {EndOfPiece},
            {Matrix},
            not dmp_outbox_waits() as is_sequenced
        from change_head h
        """;

    private const string Columns =
        """
        s.first_position, s.end_position, s.last_position, s.matrix_id, s.is_sequenced, c.position, c.commit_position, c.kind,
            c.record_id, c.document_id,
            c.event_time, c.hidden_from_representatives
        """;

    private const string IsAskedFor =
        "c.position > @After and c.position <= s.end_position and (@Records::uuid[] is null or c.record_id = any(@Records))";

    // Served by change_pkey and, for each change, consent_pkey (an authorisation of the caller, whatever became of it) or
    // document_version_search_idx (a deposit of the structure). Good where few changes are left, or most are of the caller's records.
    private const string ScanForCarer =
        $"""
        with s as materialized ({Span})
        select {Columns}
        from s
        left join lateral (
            select c.*
            from change c
            where {IsAskedFor}
                and (
                    exists (
                        select from consent k
                        where k.record_id = c.record_id
                            and (
                                k.actor_kind = 1 and k.actor_id = @ProfessionalId
                                or k.actor_kind = 2 and k.actor_id = @StructureId
                                or k.care_team_id in (
                                    select m.care_team_id from care_team_member m
                                    where m.actor_kind = 1 and m.actor_id = @ProfessionalId
                                        or m.actor_kind = 2 and m.actor_id = @StructureId
                                )
                            )
                        offset 0
                    )
                    or @IsStructure and exists (
                        select from document_version o
                        where o.record_id = c.record_id and o.depositor_structure_id = @StructureId
                        offset 0
                    )
                )
        ) c on true
        order by c.position
        """;

    // The records of a carer: the same condition as in the scan, one branch for each right in an index of its own, living and past apart.
    // consent_actor_idx and consent_actor_past_idx, care_team_member_actor_idx and care_team_member_past_idx, consent_care_team_idx and
    // consent_care_team_past_idx; of the structure's deposits the next record each time, by document_version_structure_idx.
    private const string OwnOfCarer =
        $"""
        deposited as (
            (
                select o.record_id from document_version o
                where @IsStructure and o.depositor_structure_id = @StructureId
                order by o.record_id
                limit 1
            )
            union all
            select n.record_id
            from deposited p
            cross join lateral (
                select o.record_id from document_version o
                where o.depositor_structure_id = @StructureId and o.record_id > p.record_id
                order by o.record_id
                limit 1
            ) n
        ), team as materialized (
            select m.care_team_id from care_team_member m
            where m.leave_time is null
                and (m.actor_id = @ProfessionalId and m.actor_kind = 1 or m.actor_id = @StructureId and m.actor_kind = 2)
            union
            select m.care_team_id from care_team_member m
            where m.leave_time is not null
                and (m.actor_id = @ProfessionalId and m.actor_kind = 1 or m.actor_id = @StructureId and m.actor_kind = 2)
        ), own as materialized (
            (select k.record_id from consent k where k.actor_kind = 1 and k.actor_id = @ProfessionalId
                and k.revoke_time is null limit @OwnMax + 1)
            union
            (select k.record_id from consent k where k.actor_kind = 1 and k.actor_id = @ProfessionalId
                and k.revoke_time is not null limit @OwnMax + 1)
            union
            (select k.record_id from consent k where k.actor_kind = 2 and k.actor_id = @StructureId
                and k.revoke_time is null limit @OwnMax + 1)
            union
            (select k.record_id from consent k where k.actor_kind = 2 and k.actor_id = @StructureId
                and k.revoke_time is not null limit @OwnMax + 1)
            union
            (
                select k.record_id
                from team t
                cross join lateral (
                    (select c.record_id from consent c where c.care_team_id = t.care_team_id and c.revoke_time is null limit @OwnMax + 1)
                    union all
                    (select c.record_id from consent c where c.care_team_id = t.care_team_id
                        and c.revoke_time is not null limit @OwnMax + 1)
                ) k
                limit @OwnMax + 1
            )
            union
            (select o.record_id from deposited o limit @OwnMax + 1)
        )
        """;

    // The records of a person are a handful: record_ins_key by its number's few rows, and delegation_delegate_idx.
    private const string OwnOfPerson =
        """
        own as materialized (
            select r.record_id from record r where r.ins_system = any(@InsSystems) and r.ins_number = any(@InsNumbers)
            union
            select d.record_id from delegation d where d.delegate_subject = @Subject
        )
        """;

    // From the caller's records instead of everybody's changes: the next ones of each by change_record_idx, the first of all of those, and
    // the rest of the commit in which they end by change_pkey. Nothing of the caller's is left out up to there, or up to the end of all.
    // Too many records for that give a piece that ends where it begins.
    private const string FromOwn =
        $"""
        , size as materialized (
            select count(*) > @OwnMax as is_too_large from own
        ), found as materialized (
            select c.*
            from own o
            cross join lateral (
                select n.*
                from change n
                where n.record_id = o.record_id and n.position > @After and (@Records::uuid[] is null or n.record_id = any(@Records))
                order by n.position
                limit @PieceRows
            ) c
            where not (select is_too_large from size)
            order by c.position
            limit @PieceRows
        ), reach as materialized (
            select count(*) = @PieceRows as is_full, max(position) as position, max(commit_position) as commit_position from found
        ), s as materialized (
            select h.first_position, h.last_position,
                case when z.is_too_large then @After::bigint when e.is_full then e.commit_position else h.last_position end as end_position,
                {Matrix},
                not dmp_outbox_waits() as is_sequenced
            from change_head h
            cross join size z
            cross join reach e
        )
        select {Columns}
        from s
        left join (
            select * from found
            union all
            select c.*
            from reach e
            cross join lateral (
                select n.* from change n where n.position > e.position and n.position <= e.commit_position offset 0
            ) c
            where e.is_full
                and (@Records::uuid[] is null or c.record_id = any(@Records))
                and c.record_id in (select o.record_id from own o)
        ) c on true
        order by c.position
        """;

    private const string CatchUpForCarer = "with recursive " + OwnOfCarer + FromOwn;

    private const string CatchUpForPerson = "with " + OwnOfPerson + FromOwn;

    private static readonly ScopedSql scanForCarer = new(WorkRole.Feed, ScanForCarer);
    private static readonly ScopedSql catchUpForCarer = new(WorkRole.Feed, CatchUpForCarer);
    private static readonly ScopedSql catchUpForPerson = new(WorkRole.Feed, CatchUpForPerson);

    public static Task<FeedHead> HeadAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<FeedHead>(new CommandDefinition(Head, new { Now = now }, cancellationToken: ct));

    /// <summary>The next piece behind a position, looked for among everybody's changes: at least one row.</summary>
    public static Task<List<FeedRow>> ScanAsync(NpgsqlConnection connection, FeedPiece piece, CancellationToken ct) =>
        ReadAsync(connection, scanForCarer, piece, ownMax: 0, ct);

    /// <summary>
    /// The next piece behind a position, looked for in the caller's records: at least one row. Null when a carer has more of them than
    /// <paramref name="ownMax"/>; a person never has.
    /// </summary>
    public static async Task<List<FeedRow>?> CatchUpAsync(NpgsqlConnection connection, FeedPiece piece, int ownMax, CancellationToken ct)
    {
        var rows = piece.Caller.Kind.IsPerson
            ? await ReadAsync(connection, catchUpForPerson, piece, int.MaxValue - 1, ct)
            : await ReadAsync(connection, catchUpForCarer, piece, ownMax, ct);
        return rows[0].EndPosition == piece.After && rows[0].LastPosition > piece.After ? null : rows;
    }

    private static async Task<List<FeedRow>> ReadAsync(
        NpgsqlConnection connection, ScopedSql sql, FeedPiece piece, int ownMax, CancellationToken ct)
    {
        var caller = piece.Caller;
        var numbers = InsOf(caller);
        var scope = RowScope.OfFeed(caller, numbers);
        var parameters = scope.Parameters(new
        {
            piece.After,
            piece.PieceRows,
            OwnMax = ownMax,
            piece.Now,
            piece.Records,
            caller.ProfessionalId,
            caller.StructureId,
            IsStructure = caller.Kind == CallerKind.Structure,
            caller.Subject,
            InsSystems = IdentityRules.InsSystems,
            InsNumbers = numbers,
        });
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            sql.For(scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        return (await results.ReadAsync<FeedRow>()).AsList();
    }

    /// <summary>The INS numbers that the token of a person names.</summary>
    public static string[] InsOf(Caller caller) => caller.Kind switch
    {
        CallerKind.Patient when caller.Ins is { } ins => [ins],
        CallerKind.Representative => [.. caller.RepresentedIns],
        _ => [],
    };
}
