using Dapper;
using Dmp.Codes;
using Dmp.Server.References;
using Npgsql;

namespace Dmp.Server.Codes;

/// <summary>A code list of an edition that is in force.</summary>
internal sealed record CodeListRow
{
    public required string ListOid { get; init; }

    /// <summary>Under which OID its concepts stand.</summary>
    public required string ConceptsOid { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required int ConceptCount { get; init; }

    public required Guid EditionId { get; init; }

    public required string Kind { get; init; }

    public required string EditionName { get; init; }

    public required string Source { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>Rows of its files that were wrong and left out.</summary>
    public required int LeftOut { get; init; }

    public required DateTimeOffset EffectiveTime { get; init; }
}

/// <summary>A concept as it is stored.</summary>
internal sealed record ConceptRow
{
    /// <summary>The place of the question that it answers.</summary>
    public int Query { get; init; }

    public required int Place { get; init; }

    public required string SystemOid { get; init; }

    public required string Code { get; init; }

    /// <summary>By what it is found (<see cref="Dmp.Codes.CodeKey"/>).</summary>
    public required string CodeKey { get; init; }

    public required string Display { get; init; }

    public required string EnglishDisplay { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Codes.V1.ConceptStatus"/>, as published.</summary>
    public required short Status { get; init; }

    public DateOnly? StartDate { get; init; }

    public DateOnly? EndDate { get; init; }
}

/// <summary>What is asked of one code.</summary>
/// <param name="List">The list.</param>
/// <param name="Code">As it was asked.</param>
/// <param name="System">The code system; empty for all.</param>
internal sealed record CodeQuestion(CodeListRow List, string Code, string System);

/// <summary>The tables of code lists, which are no patient's and need no scope.</summary>
internal static class CodeSql
{
    private const string ListColumns =
        """
        l.list_oid, l.concepts_oid, l.name, l.version, l.concept_count, e.edition_id, e.kind, e.name as edition_name, e.source, e.sha256,
        e.left_out, e.effective_time
        """;

    // reference_list_pkey, once for each edition in force. A list that stands in editions of two kinds is that of the first kind.
    private const string Find =
        $"""
        with e as ({ReferenceSql.InForce})
        select distinct on (l.list_oid) {ListColumns}
        from e
        join reference_list l on l.edition_id = e.edition_id and l.list_oid = any(@ListOids)
        order by l.list_oid, e.kind
        """;

    private const string List =
        $"""
        with e as ({ReferenceSql.InForce})
        select distinct on (l.list_oid) {ListColumns}
        from e
        join reference_list l on l.edition_id = e.edition_id
        where l.list_oid > @After
        order by l.list_oid, e.kind
        limit @RowsMax
        """;

    private const string ConceptColumns =
        "c.place, c.system_oid, c.code, c.code_key, c.display, c.english_display, c.status, c.start_date, c.end_date";

    // reference_concept_code_idx, once for each question: by the code as it is, and as ICD-10 is found. Which of both counts depends on the
    // system of the concept, and is looked at when it is here.
    private const string Lookup =
        $"""
        select q.query::integer as query, {ConceptColumns}
        from unnest(@EditionIds::uuid[], @ListOids::text[], @Codes::text[], @Cim10Keys::text[], @Systems::text[]) with ordinality
            q (edition_id, list_oid, code, cim10_key, system_oid, query)
        cross join lateral (
            select *
            from reference_concept r
            where r.edition_id = q.edition_id and r.list_oid = q.list_oid and r.code_key in (q.code, q.cim10_key)
                and (q.system_oid = '' or r.system_oid = q.system_oid)
            offset 0
        ) c
        order by q.query, c.place
        """;

    // reference_concept_pkey.
    private const string Page =
        $"""
        select {ConceptColumns}
        from reference_concept c
        where c.edition_id = @EditionId and c.list_oid = @ListOid and c.place > @After
        order by c.place
        limit @RowsMax
        """;

    /// <summary>The lists with these OIDs that are in force.</summary>
    public static async Task<IReadOnlyList<CodeListRow>> FindAsync(
        NpgsqlConnection connection, IReadOnlyCollection<string> listOids, DateTimeOffset now, CancellationToken ct) =>
        [
            .. await connection.QueryAsync<CodeListRow>(new CommandDefinition(
                Find, new { ListOids = listOids.ToArray(), Now = now }, cancellationToken: ct)),
        ];

    /// <summary>The lists in force behind an OID, by their OID.</summary>
    public static async Task<IReadOnlyList<CodeListRow>> ListAsync(
        NpgsqlConnection connection, string after, int rowsMax, DateTimeOffset now, CancellationToken ct) =>
        [
            .. await connection.QueryAsync<CodeListRow>(new CommandDefinition(
                List, new { After = after, RowsMax = rowsMax, Now = now }, cancellationToken: ct)),
        ];

    /// <summary>What the questions find; each says which one it answers, from 1.</summary>
    public static async Task<IReadOnlyList<ConceptRow>> LookupAsync(
        NpgsqlConnection connection, IReadOnlyList<CodeQuestion> questions, CancellationToken ct) =>
        [
            .. (await connection.QueryAsync<ConceptRow>(new CommandDefinition(
                Lookup,
                new
                {
                    EditionIds = questions.Select(question => question.List.EditionId).ToArray(),
                    ListOids = questions.Select(question => question.List.ConceptsOid).ToArray(),
                    Codes = questions.Select(question => question.Code).ToArray(),
                    Cim10Keys = questions.Select(question => CodeKey.Of(CodeKinds.Cim10.Oid, question.Code)).ToArray(),
                    Systems = questions.Select(question => question.System).ToArray(),
                },
                cancellationToken: ct)))
                .Where(row => row.CodeKey == CodeKey.Of(row.SystemOid, questions[row.Query - 1].Code)),
        ];

    /// <summary>The concepts of a list behind a place.</summary>
    public static async Task<IReadOnlyList<ConceptRow>> PageAsync(
        NpgsqlConnection connection, CodeListRow list, int after, int rowsMax, CancellationToken ct) =>
        [
            .. await connection.QueryAsync<ConceptRow>(new CommandDefinition(
                Page,
                new { list.EditionId, ListOid = list.ConceptsOid, After = after, RowsMax = rowsMax },
                cancellationToken: ct)),
        ];
}
