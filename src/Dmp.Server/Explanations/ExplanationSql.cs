using Dapper;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Explanations;

/// <summary>What each rule finds about one document, for one professional.</summary>
internal sealed record DocumentFindings
{
    public required bool IsOwn { get; init; }

    public required bool Masked { get; init; }

    public required bool IsShownByRule { get; init; }

    public required bool IsHiddenByRule { get; init; }

    public required bool IsOpenToProfession { get; init; }

    /// <summary>The verdict of the one predicate that decides everywhere.</summary>
    public required bool IsReadable { get; init; }
}

internal static class ExplanationSql
{
    // The parts of DocumentFilter one by one, and the whole of it beside them. Primary keys of both tables.
    private const string Find =
        $"""
        select {DocumentFilter.IsOwn} as is_own,
            d.masked,
            {DocumentFilter.IsShownByRule} as is_shown_by_rule,
            {DocumentFilter.IsHiddenByRule} as is_hidden_by_rule,
            {DocumentFilter.IsOpenToProfession} as is_open_to_profession,
            {DocumentFilter.IsReadable} as is_readable
        from document d
        join document_version v on v.document_id = d.document_id and v.version = d.current_version
        where d.document_id = @DocumentId
            and d.record_id = @RecordId
        """;

    private const string Exists =
        $"""
        select exists (
            select from document d
            join document_version v on v.document_id = d.document_id and v.version = d.current_version
            where d.document_id = @DocumentId
                and d.record_id = @RecordId
                and {DocumentFilter.Exists}
        )
        """;

    // Served by audit_event_record_idx.
    private const string LastProfession =
        """
        select profession_system || '|' || profession_code
        from audit_event
        where record_id = @RecordId
            and actor_id = @ProfessionalId
            and profession_code is not null
            and (@SeesSecret or not hidden_from_representatives)
        order by event_id desc
        limit 1
        """;

    public static Task<DocumentFindings?> FindAsync(NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<DocumentFindings>(new CommandDefinition(
            Find, Parameters(access, documentId), cancellationToken: ct));

    /// <summary>True when the document exists for whom <paramref name="access"/> is of.</summary>
    public static Task<bool> ExistsAsync(NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(Exists, Parameters(access, documentId), cancellationToken: ct));

    /// <summary>The profession under which somebody last used the record, <c>system|code</c>; null when nothing is known.</summary>
    public static Task<string?> FindLastProfessionAsync(
        NpgsqlConnection connection, RecordAccess access, string professionalId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            LastProfession, new { access.RecordId, access.SeesSecret, ProfessionalId = professionalId }, cancellationToken: ct));

    private static DynamicParameters Parameters(RecordAccess access, Guid documentId)
    {
        var parameters = new DynamicParameters(DocumentScope.Of(access));
        parameters.AddDynamicParams(new { DocumentId = documentId });
        return parameters;
    }
}
