using Dapper;
using Dmp.Interactions;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Cli.References;

/// <summary>A row of <c>reference_edition</c>.</summary>
internal sealed record ReferenceRow
{
    public required Guid EditionId { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    public required byte[] Sha256 { get; init; }

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

    public required byte[] Content { get; init; }

    public PublishedFile Published => new(Name, new PackedFile(Content, SizeBytes, Sha256).Open);
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

    private const string Columns = "edition_id, kind, name, source, sha256, import_time";

    // Some tens of rows.
    private const string Editions = $"select {Columns} from reference_edition order by kind, import_time";

    private const string Activations =
        "select edition_id, effective_time from reference_activation order by effective_time, activate_time";

    // reference_edition_name_key.
    private const string Find = $"select {Columns} from reference_edition where kind = @Kind and name = @Name";

    // Chosen as the server does (References/ReferenceSql.cs).
    private const string InForce =
        """
        select e.edition_id, e.kind, e.name, e.source, e.sha256, e.import_time
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
        $"insert into reference_edition ({Columns}) values (@EditionId, @Kind, @Name, @Source, @Sha256, clock_timestamp())";

    private const string AddFile =
        """
        insert into reference_file (edition_id, part, name, size_bytes, sha256, content)
        values (@EditionId, @Part, @Name, @SizeBytes, @Sha256, @Content)
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

    public static Task ActivateAsync(NpgsqlConnection connection, Guid editionId, DateTimeOffset effectiveTime, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            AddActivation,
            new { ActivationId = Guid.CreateVersion7(), EditionId = editionId, EffectiveTime = effectiveTime },
            cancellationToken: ct));
}
