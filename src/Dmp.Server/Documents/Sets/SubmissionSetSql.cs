using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>A submission set to be inserted; the columns of <c>submission_set</c>.</summary>
internal sealed record NewSubmissionSet
{
    public required Guid SubmissionSetId { get; init; }

    public required Guid RecordId { get; init; }

    public required string UniqueId { get; init; }

    public required short DepositorKind { get; init; }

    public required string? DepositorProfessionalId { get; init; }

    public required string? DepositorStructureId { get; init; }

    public required string DepositorKey { get; init; }

    public required byte[] Depositor { get; init; }

    public required byte[] Metadata { get; init; }

    public required byte[]? Signature { get; init; }

    public required DateTimeOffset CreateTime { get; init; }
}

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
    private const string Insert =
        """
        insert into submission_set (
            submission_set_id, record_id, unique_id, depositor_kind, depositor_professional_id, depositor_structure_id, depositor_key, depositor,
            metadata, signature, create_time)
        select *
        from unnest(
            @SubmissionSetId::uuid[], @RecordId::uuid[], @UniqueId::text[], @DepositorKind::smallint[], @DepositorProfessionalId::text[],
            @DepositorStructureId::text[], @DepositorKey::text[], @Depositor::bytea[], @Metadata::bytea[], @Signature::bytea[],
            @CreateTime::timestamptz[])
        """;

    // submission_set_unique_id_key.
    private const string IsUniqueIdTaken =
        """
        select exists (
            select from submission_set s
            where s.record_id = @RecordId
                and s.depositor_key = @DepositorKey
                and s.unique_id = @UniqueId
        )
        """;

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

    public static NpgsqlBatchCommand ToInsert(IReadOnlyList<NewSubmissionSet> sets) =>
        new NpgsqlBatchCommand(Insert)
            .With("SubmissionSetId", sets, row => row.SubmissionSetId)
            .With("RecordId", sets, row => row.RecordId)
            .With("UniqueId", sets, row => row.UniqueId)
            .With("DepositorKind", sets, row => row.DepositorKind)
            .With("DepositorProfessionalId", sets, row => row.DepositorProfessionalId)
            .With("DepositorStructureId", sets, row => row.DepositorStructureId)
            .With("DepositorKey", sets, row => row.DepositorKey)
            .With("Depositor", sets, row => row.Depositor)
            .With("Metadata", sets, row => row.Metadata)
            .With("Signature", sets, row => row.Signature)
            .With("CreateTime", sets, row => row.CreateTime);

    public static Task<bool> IsUniqueIdTakenAsync(NpgsqlConnection connection, RecordAccess access, string uniqueId, CancellationToken ct) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            IsUniqueIdTaken,
            new { access.RecordId, DepositorKey = UploadPlan.DepositorKey(access.Caller), UniqueId = uniqueId },
            cancellationToken: ct));

    public static Task<SubmissionSetRow?> FindAsync(NpgsqlConnection connection, RecordAccess access, Guid submissionSetId, CancellationToken ct)
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
