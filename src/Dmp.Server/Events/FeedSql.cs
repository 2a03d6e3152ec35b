using Dapper;
using Dmp.Server.Access;
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

/// <summary>The changes in their order, as far as they may be something to one caller. What they are to the caller is decided record by record.</summary>
internal static class FeedSql
{
    // Served by habilitation_matrix_effective_idx.
    private const string Matrix =
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

    // The end of a piece is the end of a commit; it may be a little longer than its limit for that.
    private const string Span =
        $"""
        select h.first_position, h.last_position,
            coalesce(
                (
                    select max(n.commit_position)
                    from (select commit_position from change where position > @After order by position limit @PieceRows) n
                ),
                h.last_position
            ) as end_position,
            {Matrix},
            not dmp_outbox_waits() as is_sequenced
        from change_head h
        """;

    private const string Columns =
        """
        s.first_position, s.end_position, s.last_position, s.matrix_id, s.is_sequenced, c.position, c.commit_position, c.kind, c.record_id, c.document_id,
            c.event_time, c.hidden_from_representatives
        """;

    private const string IsAskedFor = "c.position > @After and c.position <= s.end_position and (@Records::uuid[] is null or c.record_id = any(@Records))";

    // Served by change_pkey and, for each change, consent_record_idx (an authorisation of the caller, whatever became of it) or
    // document_version_search_idx (a deposit of the structure).
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
                                    where m.actor_kind = 1 and m.actor_id = @ProfessionalId or m.actor_kind = 2 and m.actor_id = @StructureId
                                )
                            )
                    )
                    or @IsStructure and exists (
                        select from document_version o
                        where o.record_id = c.record_id and o.depositor_structure_id = @StructureId
                    )
                )
        ) c on true
        order by c.position
        """;

    // Served by change_pkey, record_ins_key by its number's few rows, and delegation_delegate_idx: the records of a person are a handful.
    private const string ScanForPerson =
        $"""
        with s as materialized ({Span}), own as materialized (
            select r.record_id from record r where r.ins_system = any(@InsSystems) and r.ins_number = any(@InsNumbers)
            union
            select d.record_id from delegation d where d.delegate_subject = @Subject
        )
        select {Columns}
        from s
        left join lateral (
            select c.*
            from change c
            where {IsAskedFor}
                and c.record_id in (select o.record_id from own o)
        ) c on true
        order by c.position
        """;

    public static Task<FeedHead> HeadAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleAsync<FeedHead>(new CommandDefinition(Head, new { Now = now }, cancellationToken: ct));

    /// <summary>The next piece behind a position: at least one row.</summary>
    public static async Task<List<FeedRow>> ScanAsync(
        NpgsqlConnection connection, Caller caller, Guid[]? records, long after, int pieceRows, DateTimeOffset now, CancellationToken ct)
    {
        var numbers = InsOf(caller);
        var isPerson = Capacities.IsPerson(caller.Kind);
        var parameters = RowScope.OfFeed(caller, numbers).Parameters(new
        {
            After = after,
            PieceRows = pieceRows,
            Now = now,
            Records = records,
            caller.ProfessionalId,
            caller.StructureId,
            IsStructure = caller.Kind == CallerKind.Structure,
            caller.Subject,
            InsSystems = IdentityRules.InsSystems,
            InsNumbers = numbers,
        });
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{RowScope.Set}; {(isPerson ? ScanForPerson : ScanForCarer)}", parameters, cancellationToken: ct));
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
