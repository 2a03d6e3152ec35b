using Dapper;
using Npgsql;

namespace Dmp.Server.References;

/// <summary>An edition of published files that is in force.</summary>
internal sealed record ReferenceEditionRow
{
    public required Guid EditionId { get; init; }

    /// <summary><see cref="ReferenceSql.Thesaurus"/> or <see cref="ReferenceSql.Medicines"/>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    public required byte[] Sha256 { get; init; }

    public required DateTimeOffset EffectiveTime { get; init; }
}

/// <summary>A file of an edition, compressed (Brotli).</summary>
internal sealed record ReferenceFileRow
{
    public required string Part { get; init; }

    public required string Name { get; init; }

    public required long SizeBytes { get; init; }

    public required byte[] Sha256 { get; init; }

    public required byte[] Content { get; init; }
}

/// <summary>The tables of published files, which are no patient's and need no scope.</summary>
internal static class ReferenceSql
{
    public const string Thesaurus = "thesaurus";
    public const string Medicines = "medicines";

    /// <summary>The edition of each kind that is in force at <c>@Now</c>: one row for each kind, of some tens of rows in all.</summary>
    public const string InForce =
        """
        select distinct on (e.kind) e.edition_id, e.kind, e.name, e.source, e.sha256, e.left_out, a.effective_time
        from reference_activation a
        join reference_edition e on e.edition_id = a.edition_id
        where a.effective_time <= @Now
        order by e.kind, a.effective_time desc, a.activate_time desc
        """;

    // reference_file_pkey.
    private const string Files = "select part, name, size_bytes, sha256, content from reference_file where edition_id = @EditionId";

    /// <summary>The edition of each kind that is in force.</summary>
    public static async Task<IReadOnlyList<ReferenceEditionRow>> InForceAsync(
        NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct) =>
        [.. await connection.QueryAsync<ReferenceEditionRow>(new CommandDefinition(InForce, new { Now = now }, cancellationToken: ct))];

    /// <summary>The files of an edition: some megabytes.</summary>
    public static async Task<IReadOnlyList<ReferenceFileRow>> FilesAsync(
        NpgsqlConnection connection, Guid editionId, CancellationToken ct) =>
        [
            .. await connection.QueryAsync<ReferenceFileRow>(new CommandDefinition(
                Files, new { EditionId = editionId }, cancellationToken: ct)),
        ];
}
