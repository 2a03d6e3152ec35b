using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Consents;

/// <summary>A visibility rule, as stored. Codes are written <c>system|code</c>.</summary>
internal sealed record VisibilityRuleRow
{
    public required Guid VisibilityRuleId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Consent.V1.VisibilityEffect"/>.</summary>
    public required short Effect { get; init; }

    public Guid? DocumentId { get; init; }

    public string? TypeCode { get; init; }

    public string? AuthorId { get; init; }

    public DateTimeOffset? PeriodFrom { get; init; }

    public DateTimeOffset? PeriodTo { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Type.V1.ActorKind"/>: professional or structure; null for a profession.</summary>
    public short? ActorKind { get; init; }

    public string? ActorId { get; init; }

    public string? Profession { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required byte[] CreatedBy { get; init; }
}

internal static class VisibilityRuleSql
{
    private const string Columns =
        """
        visibility_rule_id, record_id, effect, document_id, type_code, author_id, period_from, period_to, actor_kind, actor_id,
            profession, create_time, created_by
        """;

    // For the caller: a rule must not tell the patient of a document that waits for its announcement.
    private const string DocumentExists =
        $"""
        select exists (
            select from document d
            join document_version v on v.document_id = d.document_id and v.record_id = d.record_id and v.version = d.current_version
            where d.document_id = @DocumentId
                and d.record_id = @RecordId
                and {DocumentFilter.Exists}
        )
        """;

    private const string Insert =
        $"""
        insert into visibility_rule ({Columns})
        values (
            @VisibilityRuleId, @RecordId, @Effect, @DocumentId, @TypeCode, @AuthorId, @PeriodFrom, @PeriodTo, @ActorKind, @ActorId,
            @Profession, @CreateTime, @CreatedBy)
        returning {Columns}
        """;

    private const string Remove =
        $"""
        update visibility_rule
        set remove_time = @Now, removed_by = @RemovedBy
        where visibility_rule_id = @VisibilityRuleId
            and record_id = @RecordId
            and remove_time is null
        returning {Columns}
        """;

    // Served by visibility_rule_record_idx. A rule about a document that does not exist for the reader is not listed either: it
    // would tell of the document.
    private const string List =
        $"""
        select {Columns}
        from visibility_rule
        where record_id = @RecordId
            and remove_time is null
            and not exists (
                select from document d
                where d.record_id = @RecordId
                    and d.document_id = visibility_rule.document_id
                    and (d.patient_visible_time > @Now or not @SeesSecret and d.hidden_from_representatives)
            )
            and (@BeforeId::uuid is null or visibility_rule_id < @BeforeId)
        order by visibility_rule_id desc
        limit @Limit
        """;

    public static Task<bool> DocumentExistsAsync(NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct)
    {
        var parameters = new StatementParameters(DocumentScope.Of(access), new { DocumentId = documentId });
        return connection.QuerySingleAsync<bool>(new CommandDefinition(DocumentExists, parameters, cancellationToken: ct));
    }

    public static Task<VisibilityRuleRow> InsertAsync(NpgsqlConnection connection, VisibilityRuleRow row, CancellationToken ct) =>
        connection.QuerySingleAsync<VisibilityRuleRow>(new CommandDefinition(Insert, row, cancellationToken: ct));

    /// <summary>Null when the record has no such rule in force.</summary>
    public static Task<VisibilityRuleRow?> RemoveAsync(
        NpgsqlConnection connection, RecordAccess access, Guid ruleId, byte[] removedBy, DateTimeOffset now, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<VisibilityRuleRow>(new CommandDefinition(
            Remove,
            new { access.RecordId, VisibilityRuleId = ruleId, RemovedBy = removedBy, Now = now },
            cancellationToken: ct));

    public static Task<IEnumerable<VisibilityRuleRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<VisibilityRuleRow>(new CommandDefinition(
            List, new { access.RecordId, access.SeesSecret, access.Now, BeforeId = beforeId, Limit = limit }, cancellationToken: ct));
}
