using Dapper;
using Dmp.Codes;
using Dmp.Interactions;
using Dmp.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Cli.References;

/// <summary>A row of <c>reference_edition</c>.</summary>
internal sealed record ReferenceRow
{
    public required Guid EditionId { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>Rows of its files that were wrong and left out.</summary>
    public required int LeftOut { get; init; }

    public required DateTimeOffset ImportTime { get; init; }
}

/// <summary>From when on an edition is in force.</summary>
internal sealed record ActivationRow
{
    public required Guid EditionId { get; init; }

    public required DateTimeOffset EffectiveTime { get; init; }
}

/// <summary>A file that is stored.</summary>
internal sealed record StoredFileRow
{
    public required string Part { get; init; }

    public required string Name { get; init; }

    public required long SizeBytes { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>Compressed; null of a file of code lists, whose rows are stored.</summary>
    public byte[]? Content { get; init; }

    public PublishedFile Published => new(
        Name,
        new PackedFile(Content ?? throw new InvalidOperationException("Only the rows of this file are stored."), SizeBytes, Sha256).Open);
}

/// <summary>A row of <c>reference_list</c>.</summary>
internal sealed record ListRow
{
    public required string ListOid { get; init; }

    public required string ConceptsOid { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }
}

/// <summary>A row of <c>reference_concept</c>, without its edition.</summary>
internal sealed record ConceptRow
{
    public required string ListOid { get; init; }

    public required string SystemOid { get; init; }

    public required string Code { get; init; }

    public required string Display { get; init; }

    public required string EnglishDisplay { get; init; }

    public required short Status { get; init; }

    public DateOnly? StartDate { get; init; }

    public DateOnly? EndDate { get; init; }

    public required int Line { get; init; }
}

/// <summary>The tables of published files, for their operator.</summary>
internal static class ReferenceSql
{
    // "dmprefer" in ASCII: one change at a time. The lock ends with the transaction.
    private const string Lock =
        """
        set local lock_timeout = '25s';
        select pg_advisory_xact_lock(x'646d707265666572'::bigint)
        """;

    private const string Columns = "edition_id, kind, name, source, sha256, left_out, import_time";

    // Some tens of rows.
    private const string Editions = $"select {Columns} from reference_edition order by kind, import_time";

    private const string Activations =
        "select edition_id, effective_time from reference_activation order by effective_time, activate_time";

    // reference_edition_name_key.
    private const string Find = $"select {Columns} from reference_edition where kind = @Kind and name = @Name";

    // Chosen as the server does (References/ReferenceSql.cs).
    private const string InForce =
        """
        select e.edition_id, e.kind, e.name, e.source, e.sha256, e.left_out, e.import_time
        from reference_activation a
        join reference_edition e on e.edition_id = a.edition_id
        where e.kind = @Kind and a.effective_time <= @At
        order by a.effective_time desc, a.activate_time desc
        limit 1
        """;

    // reference_file_pkey.
    private const string Files =
        "select part, name, size_bytes, sha256, content from reference_file where edition_id = @EditionId order by name";

    private const string AddEdition =
        $"insert into reference_edition ({Columns}) values (@EditionId, @Kind, @Name, @Source, @Sha256, @LeftOut, clock_timestamp())";

    private const string AddFile =
        """
        insert into reference_file (edition_id, part, name, size_bytes, sha256, content)
        values (@EditionId, @Part, @Name, @SizeBytes, @Sha256, @Content)
        """;

    private const string Lists =
        "select list_oid, concepts_oid, name, version from reference_list where edition_id = @EditionId order by list_oid";

    private const string Concepts =
        """
        select list_oid, system_oid, code, display, english_display, status, start_date, end_date, line
        from reference_concept
        where edition_id = @EditionId
        order by list_oid, place
        """;

    private const string AddLists =
        """
        insert into reference_list (edition_id, list_oid, concepts_oid, name, version, concept_count)
        select @EditionId, n.*
        from unnest(@ListOids::text[], @ConceptsOids::text[], @Names::text[], @Versions::text[], @Counts::integer[]) n
        """;

    private const string CopyConcepts =
        """
        copy reference_concept (edition_id, list_oid, place, system_oid, code, code_key, display, english_display, status, start_date,
            end_date, line)
        from stdin (format binary)
        """;

    // The later one of two from one time on is in force, also when the clock was set back in between.
    private const string AddActivation =
        """
        insert into reference_activation (activation_id, edition_id, effective_time, activate_time)
        select @ActivationId, @EditionId, @EffectiveTime,
            greatest(clock_timestamp(), max(activate_time) + interval '1 microsecond')
        from reference_activation
        """;

    public static Task LockAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Lock, cancellationToken: ct));

    /// <summary>The clock of the database, which is the same for every operator.</summary>
    public static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken ct) =>
        new(await connection.ExecuteScalarAsync<DateTime>(new CommandDefinition("select clock_timestamp()", cancellationToken: ct)));

    public static async Task<IReadOnlyList<ReferenceRow>> EditionsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        [.. await connection.QueryAsync<ReferenceRow>(new CommandDefinition(Editions, cancellationToken: ct))];

    public static async Task<IReadOnlyList<ActivationRow>> ActivationsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        [.. await connection.QueryAsync<ActivationRow>(new CommandDefinition(Activations, cancellationToken: ct))];

    public static Task<ReferenceRow?> FindAsync(NpgsqlConnection connection, string kind, string name, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<ReferenceRow>(new CommandDefinition(
            Find, new { Kind = kind, Name = name }, cancellationToken: ct));

    public static Task<ReferenceRow?> InForceAsync(NpgsqlConnection connection, string kind, DateTimeOffset at, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<ReferenceRow>(new CommandDefinition(
            InForce, new { Kind = kind, At = at }, cancellationToken: ct));

    public static async Task<IReadOnlyList<StoredFileRow>> FilesAsync(NpgsqlConnection connection, Guid editionId, CancellationToken ct) =>
        [.. await connection.QueryAsync<StoredFileRow>(new CommandDefinition(Files, new { EditionId = editionId }, cancellationToken: ct))];

    public static async Task AddAsync(
        NpgsqlConnection connection, ReferenceRow edition, IEnumerable<StoredFileRow> files, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition(AddEdition, edition, cancellationToken: ct));
        foreach (var file in files)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                AddFile,
                new { edition.EditionId, file.Part, file.Name, file.SizeBytes, file.Sha256, file.Content },
                cancellationToken: ct));
        }
    }

    /// <summary>The lists of an edition as they are stored, with all their concepts: a hundred thousand of LOINC.</summary>
    public static async Task<IReadOnlyList<CodeList>> ListsAsync(NpgsqlConnection connection, Guid editionId, CancellationToken ct)
    {
        var rows = await connection.QueryAsync<ListRow>(new CommandDefinition(
            Lists, new { EditionId = editionId }, cancellationToken: ct));
        var concepts = (await connection.QueryAsync<ConceptRow>(new CommandDefinition(
            Concepts, new { EditionId = editionId }, cancellationToken: ct))).ToLookup(concept => concept.ListOid, ToConcept);
        var others = rows.ToLookup(row => row.ConceptsOid, row => row.ListOid);
        return
        [
            .. rows.Where(row => row.ListOid == row.ConceptsOid).Select(row => new CodeList(
                row.ListOid, [.. others[row.ListOid].Where(oid => oid != row.ListOid)], row.Name, row.Version, [.. concepts[row.ListOid]])),
        ];
    }

    /// <summary>Adds code lists to an edition, each under all its OIDs.</summary>
    public static async Task AddListsAsync(NpgsqlConnection connection, Guid editionId, IReadOnlyList<CodeList> lists, CancellationToken ct)
    {
        var rows = lists.SelectMany(list => list.OtherOids.Prepend(list.Oid).Select(oid => (Oid: oid, List: list))).ToList();
        await connection.ExecuteAsync(new CommandDefinition(
            AddLists,
            new
            {
                EditionId = editionId,
                ListOids = rows.Select(row => row.Oid).ToArray(),
                ConceptsOids = rows.Select(row => row.List.Oid).ToArray(),
                Names = rows.Select(row => row.List.Name).ToArray(),
                Versions = rows.Select(row => row.List.Version).ToArray(),
                Counts = rows.Select(row => row.List.Concepts.Count).ToArray(),
            },
            cancellationToken: ct));

        await using var copy = await connection.BeginBinaryImportAsync(CopyConcepts, ct);
        foreach (var list in lists)
        {
            for (var i = 0; i < list.Concepts.Count; i++)
            {
                await WriteAsync(copy, editionId, list.Oid, i + 1, list.Concepts[i], ct);
            }
        }

        await copy.CompleteAsync(ct);
    }

    private static async Task WriteAsync(
        NpgsqlBinaryImporter copy, Guid editionId, string listOid, int place, Concept concept, CancellationToken ct)
    {
        await copy.StartRowAsync(ct);
        await copy.WriteAsync(editionId, NpgsqlDbType.Uuid, ct);
        await copy.WriteAsync(listOid, NpgsqlDbType.Text, ct);
        await copy.WriteAsync(place, NpgsqlDbType.Integer, ct);
        foreach (var text in (string[])[concept.SystemOid, concept.Code, concept.Key, concept.Display, concept.EnglishDisplay])
        {
            await copy.WriteAsync(text, NpgsqlDbType.Text, ct);
        }

        await copy.WriteAsync((short)concept.Status, NpgsqlDbType.Smallint, ct);
        foreach (var day in (DateOnly?[])[concept.StartDate, concept.EndDate])
        {
            await (day is { } known ? copy.WriteAsync(known, NpgsqlDbType.Date, ct) : copy.WriteNullAsync(ct));
        }

        await copy.WriteAsync(concept.Line, NpgsqlDbType.Integer, ct);
    }

    private static Concept ToConcept(ConceptRow row) => new()
    {
        SystemOid = row.SystemOid,
        Code = row.Code,
        Display = row.Display,
        EnglishDisplay = row.EnglishDisplay,
        Status = (ConceptStatus)row.Status,
        StartDate = row.StartDate,
        EndDate = row.EndDate,
        Line = row.Line,
    };

    public static Task ActivateAsync(NpgsqlConnection connection, Guid editionId, DateTimeOffset effectiveTime, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            AddActivation,
            new { ActivationId = Guid.CreateVersion7(), EditionId = editionId, EffectiveTime = effectiveTime },
            cancellationToken: ct));
}
