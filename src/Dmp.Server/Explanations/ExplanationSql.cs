using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Explanations;

/// <summary>What each rule finds about one document, for one professional.</summary>
internal sealed record DocumentFindings
{
    /// <summary>The verdict of the one predicate that decides everywhere whether there is such a document.</summary>
    public required bool Exists { get; init; }

    public required bool IsOwn { get; init; }

    /// <summary>It does not exist for representatives and caregivers.</summary>
    public required bool HiddenFromRepresentatives { get; init; }

    public required bool IsDeleted { get; init; }

    public required bool Masked { get; init; }

    public required bool IsShownByRule { get; init; }

    public required bool IsHiddenByRule { get; init; }

    public required bool IsOpenToProfession { get; init; }

    /// <summary>The same for its content.</summary>
    public required bool IsReadable { get; init; }
}

internal static class ExplanationSql
{
    // The parts of DocumentFilter one by one, and the whole of it beside them. Primary keys of both tables.
    private const string Find =
        $"""
        select {DocumentFilter.Exists} as exists,
            {DocumentFilter.IsOwn} as is_own,
            d.hidden_from_representatives,
            d.state = 4 as is_deleted,
            d.masked,
            {DocumentFilter.IsShownByRule} as is_shown_by_rule,
            {DocumentFilter.IsHiddenByRule} as is_hidden_by_rule,
            {DocumentFilter.IsOpenToProfession} as is_open_to_profession,
            {DocumentFilter.IsReadable} as is_readable
        from document d
        join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
        where d.document_id = @DocumentId
            and d.record_id = @RecordId
        """;

    private const string Exists =
        $"""
        select exists (
            select from document d
            join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
            where d.document_id = @DocumentId
                and d.record_id = @RecordId
                and {DocumentFilter.Exists}
        )
        """;

    public static Task<DocumentFindings?> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<DocumentFindings>(new CommandDefinition(
            Find, Parameters(access, documentId), cancellationToken: ct));

    /// <summary>True when the document exists for whom <paramref name="access"/> is of.</summary>
    public static Task<bool> ExistsAsync(NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(Exists, Parameters(access, documentId), cancellationToken: ct));

    private static StatementParameters Parameters(RecordAccess access, Guid documentId) =>
        new(DocumentScope.Of(access), new { DocumentId = documentId });
}
