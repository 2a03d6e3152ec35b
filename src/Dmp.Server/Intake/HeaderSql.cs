using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Intake;

/// <summary>Who the patient of a record is, for the comparison with a header.</summary>
internal sealed record RecordIdentity
{
    public required Guid RecordId { get; init; }

    public required string InsNumber { get; init; }

    public required string BirthFamilyName { get; init; }

    public required string[] BirthGivenNames { get; init; }

    public required DateOnly BirthDate { get; init; }

    public string? UsedFamilyName { get; init; }

    public string? UsedGivenName { get; init; }
}

/// <summary>A version that a header says it replaces.</summary>
internal sealed record ReplacedVersion
{
    public required Guid DocumentId { get; init; }

    public required bool IsCurrent { get; init; }
}

internal static class HeaderSql
{
    // document_version_unique_id_key finds the versions, the primary key of document each document.
    private const string FindReplaced =
        """
        select v.document_id, v.version = d.current_version as is_current
        from document_version v
        join document d on d.document_id = v.document_id and d.record_id = v.record_id
        where v.record_id = @RecordId
            and v.depositor_key = @DepositorKey
            and v.unique_id = any(@UniqueIds)
        order by v.create_time desc
        limit 1
        """;

    /// <summary>The newest version of this depositor in the record that has one of these unique ids; null when there is none.</summary>
    public static Task<ReplacedVersion?> FindReplacedAsync(
        NpgsqlConnection connection, RecordAccess access, string depositorKey, string[] uniqueIds, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<ReplacedVersion>(new CommandDefinition(
            FindReplaced, new { access.RecordId, DepositorKey = depositorKey, UniqueIds = uniqueIds }, cancellationToken: ct));
}
