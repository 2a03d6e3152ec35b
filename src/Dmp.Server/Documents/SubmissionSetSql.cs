using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>A submission set of which at least one document exists for the caller.</summary>
internal sealed record SubmissionSetRow
{
    public required Guid SubmissionSetId { get; init; }

    public required Guid RecordId { get; init; }

    public required byte[] Metadata { get; init; }

    public required byte[] Depositor { get; init; }

    public byte[]? Signature { get; init; }

    public required DateTimeOffset CreateTime { get; init; }
}

/// <summary>A document of a submission set.</summary>
internal sealed record SubmissionSetMemberRow
{
    public required Guid SubmissionSetId { get; init; }

    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    public required string UniqueId { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>It exists for the caller, see <see cref="DocumentFilter.Exists"/>.</summary>
    public required bool Exists { get; init; }
}

/// <summary>What a list of submission sets asks for; null is no filter.</summary>
internal sealed record SubmissionSetSearch
{
    public required DateTimeOffset? CreateTimeFrom { get; init; }

    public required DateTimeOffset? CreateTimeTo { get; init; }

    public required string? UniqueId { get; init; }

    /// <summary>Sort key of the last row of the page before; the largest values for the first page.</summary>
    public required (DateTimeOffset Time, Guid Id) After { get; init; }

    public required int Limit { get; init; }
}

internal static class SubmissionSetSql
{
    // One document of the set is enough: document_version_submission_set_idx, then the primary key of document. The offset keeps the
    // planner from reading the versions of all records once.
    private const string Exists =
        $"""
        exists (
            select from document_version v
            join document d on d.document_id = v.document_id and d.record_id = v.record_id
            where v.submission_set_id = s.submission_set_id
                and {DocumentFilter.Exists}
            offset 0
        )
        """;

    // The primary key.
    private const string Find =
        $"""
        select s.submission_set_id, s.record_id, s.metadata, s.depositor, s.signature, s.create_time
        from submission_set s
        where s.submission_set_id = @SubmissionSetId
            and s.record_id = @RecordId
            and {Exists}
        """;

    // submission_set_list_idx, in its order, until the page is full.
    private const string List =
        $"""
        select s.submission_set_id, s.record_id, s.metadata, s.depositor, s.signature, s.create_time
        from submission_set s
        where s.record_id = @RecordId
            and (s.create_time, s.submission_set_id) < (@AfterTime, @AfterId)
            and (@CreateTimeFrom::timestamptz is null or s.create_time >= @CreateTimeFrom)
            and (@CreateTimeTo::timestamptz is null or s.create_time < @CreateTimeTo)
            and (@SetUniqueId::text is null or s.unique_id = @SetUniqueId)
            and {Exists}
        order by s.create_time desc, s.submission_set_id desc
        limit @Limit
        """;

    // document_version_submission_set_idx, then the primary key of document.
    private const string Members =
        $"""
        select v.submission_set_id, v.document_id, v.version, v.unique_id, v.sha256, coalesce({DocumentFilter.Exists}, false) as exists
        from document_version v
        join document d on d.document_id = v.document_id and d.record_id = v.record_id
        where v.submission_set_id = any(@SubmissionSetIds)
            and v.record_id = @RecordId
        order by v.document_id, v.version
        """;

    public static Task<SubmissionSetRow?> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Guid submissionSetId, CancellationToken ct)
    {
        var parameters = new StatementParameters(DocumentScope.Of(access), new { SubmissionSetId = submissionSetId });
        return connection.QuerySingleOrDefaultAsync<SubmissionSetRow>(new CommandDefinition(Find, parameters, cancellationToken: ct));
    }

    public static async Task<List<SubmissionSetRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, SubmissionSetSearch search, CancellationToken ct)
    {
        var asked = new
        {
            AfterTime = search.After.Time,
            AfterId = search.After.Id,
            search.CreateTimeFrom,
            search.CreateTimeTo,
            SetUniqueId = search.UniqueId,
            search.Limit,
        };
        var parameters = new StatementParameters(DocumentScope.Of(access), asked);
        return [.. await connection.QueryAsync<SubmissionSetRow>(new CommandDefinition(List, parameters, cancellationToken: ct))];
    }

    /// <summary>All documents of these sets, with whether each exists for the caller.</summary>
    public static async Task<ILookup<Guid, SubmissionSetMemberRow>> MembersAsync(
        NpgsqlConnection connection, RecordAccess access, IEnumerable<SubmissionSetRow> sets, CancellationToken ct)
    {
        var parameters = new StatementParameters(
            DocumentScope.Of(access), new { SubmissionSetIds = sets.Select(set => set.SubmissionSetId).ToArray() });
        var rows = await connection.QueryAsync<SubmissionSetMemberRow>(new CommandDefinition(Members, parameters, cancellationToken: ct));
        return rows.ToLookup(row => row.SubmissionSetId);
    }
}
