using Dapper;
using Dmp.Document.V1;
using Dmp.Server.Access;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>One version of a document with the state of the document, as a caller may see it.</summary>
internal sealed record DocumentRow
{
    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    public required Guid RecordId { get; init; }

    public required int CurrentVersion { get; init; }

    public required bool Masked { get; init; }

    /// <summary>Hidden from the patient until then; null when it is not.</summary>
    public DateTimeOffset? PatientVisibleTime { get; init; }

    public bool HiddenFromRepresentatives { get; init; }

    public required short State { get; init; }

    public required long Revision { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    public required short DepositorKind { get; init; }

    public required byte[] Depositor { get; init; }

    public required byte[] Metadata { get; init; }

    public required string ClassCode { get; init; }

    public required DateTimeOffset ServiceStartTime { get; init; }

    public required long SizeBytes { get; init; }

    public required byte[] Sha256 { get; init; }

    public required byte[] Sha1 { get; init; }

    public required short Form { get; init; }

    public required Guid ContentId { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>The caller is its author, see <see cref="DocumentFilter.IsOwn"/>. Not asked for by searches.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The caller may read its content, see <see cref="DocumentFilter.IsReadable"/>. Not asked for by searches.</summary>
    public bool IsReadable { get; init; }
}

/// <summary>What a search asks for. Codes are written <c>system|code</c>; null is no filter.</summary>
internal sealed record DocumentSearch
{
    public required string[]? Types { get; init; }

    public required string[]? Classes { get; init; }

    public required short[] Statuses { get; init; }

    public required DateTimeOffset? CreationTimeFrom { get; init; }

    public required DateTimeOffset? CreationTimeTo { get; init; }

    public required DateTimeOffset? ServiceTimeFrom { get; init; }

    public required DateTimeOffset? ServiceTimeTo { get; init; }

    public required string? AuthorId { get; init; }

    public required string? AuthorStructureId { get; init; }

    public required string[]? PracticeSettings { get; init; }

    public required string[]? FacilityTypes { get; init; }

    public required string[]? EventCodes { get; init; }

    public required string? UniqueId { get; init; }

    /// <summary>Sort key of the last row of the page before; the largest values for the first page.</summary>
    public required (DateTimeOffset Time, Guid Id, int Version) After { get; init; }

    public required int Limit { get; init; }

    /// <summary>Nothing but the status is asked for.</summary>
    public bool IsUnfiltered => this is
    {
        Types: null,
        Classes: null,
        CreationTimeFrom: null,
        CreationTimeTo: null,
        ServiceTimeFrom: null,
        ServiceTimeTo: null,
        AuthorId: null,
        AuthorStructureId: null,
        PracticeSettings: null,
        FacilityTypes: null,
        EventCodes: null,
        UniqueId: null,
    };
}

internal static class DocumentSql
{
    private const string Columns =
        """
        d.document_id, v.version, d.record_id, d.current_version, d.masked, d.patient_visible_time,
            d.hidden_from_representatives, d.state, d.revision, d.update_time,
            v.depositor_kind, v.depositor, v.metadata, v.class_code, v.service_start_time, v.size_bytes, v.sha256, v.sha1,
            v.form, v.content_id, v.create_time
        """;

    // Primary keys of both tables.
    private const string Find =
        $"""
        select {Columns},
            {DocumentFilter.IsOwn} as is_own,
            {DocumentFilter.IsReadable} as is_readable
        from document d
        join document_version v on v.document_id = d.document_id
            and v.version = case @Version::int when 0 then d.current_version else @Version end
        where d.document_id = @DocumentId
            and d.record_id = @RecordId
            and {DocumentFilter.Exists}
        """;

    // Locks the document, not its versions: changes of one document follow each other, reads go on.
    private const string FindForChange = Find + " for no key update of d";

    // Two statements, because the planner cannot tell that an absent filter thins out nothing: with the filters in it, it
    // expects next to no row, and sorts all versions of the record for each page instead of stopping after the first ones.
    private const string SearchFrom =
        $"""
        select {Columns}
        from document_version v
        join document d on d.document_id = v.document_id
        where v.record_id = @RecordId
            and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
            and (
                v.version = d.current_version and d.state = any(@CurrentStates)
                or @WithDeprecated and v.version < d.current_version and d.state <> 4
                or @WithDeleted and v.version < d.current_version and d.state = 4
            )
            and {DocumentFilter.Exists}
        """;

    private const string SearchOrder =
        """
        order by v.service_start_time desc, v.document_id desc, v.version desc
        limit @Limit
        """;

    // document_version_search_idx gives the record's versions in order from the key of the last page; the primary key of
    // document decides each.
    private const string Search = SearchFrom + "\n" + SearchOrder;

    // The same with filters, which thin out what the index gives.
    private const string SearchFiltered =
        SearchFrom
        + "\n"
        + """
            and (@Types::text[] is null or v.type_code = any(@Types))
            and (@Classes::text[] is null or v.class_code = any(@Classes))
            and (@CreationTimeFrom::timestamptz is null or v.creation_time >= @CreationTimeFrom)
            and (@CreationTimeTo::timestamptz is null or v.creation_time < @CreationTimeTo)
            and (@ServiceTimeFrom::timestamptz is null or v.service_start_time >= @ServiceTimeFrom)
            and (@ServiceTimeTo::timestamptz is null or v.service_start_time < @ServiceTimeTo)
            and (@AuthorId::text is null or @AuthorId = any(v.author_ids))
            and (@AuthorStructureId::text is null or @AuthorStructureId = any(v.author_structure_ids))
            and (@PracticeSettings::text[] is null or v.practice_setting = any(@PracticeSettings))
            and (@FacilityTypes::text[] is null or v.facility_type = any(@FacilityTypes))
            and (@EventCodes::text[] is null or v.event_codes && @EventCodes)
            and (@UniqueId::text is null or v.unique_id = @UniqueId)

            """
        + SearchOrder;

    // What both the professional of the scope and the one who asks may see. Served like Search.
    private const string SearchSeenByBoth =
        $"""
        select {Columns}
        from document_version v
        join document d on d.document_id = v.document_id
        where v.record_id = @RecordId
            and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
            and v.version = d.current_version
            and d.state = 1
            and (d.patient_visible_time is null or d.patient_visible_time <= @Now)
            and (not @ForRepresentative or not d.hidden_from_representatives)
            and {DocumentFilter.Exists}
        {SearchOrder}
        """;

    private const string Change =
        """
        update document
        set masked = @Masked,
            state = @State,
            patient_visible_time = @PatientVisibleTime,
            announce_time = case when @PatientVisibleTime::timestamptz is null then null else announce_time end,
            hidden_from_representatives = @HiddenFromRepresentatives,
            revision = revision + 1,
            update_time = @UpdateTime
        where document_id = @DocumentId
        """;

    private const string AnyReference =
        """
        select content_id
        from document_version
        where content_id = any(@ContentIds)
        """;

    /// <summary>One version (0 is the latest) of a document that exists for the caller.</summary>
    public static Task<DocumentRow?> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, int version, CancellationToken ct) =>
        FindAsync(connection, Find, access, documentId, version, ct);

    /// <summary>The latest version, with the document locked until the transaction ends.</summary>
    public static Task<DocumentRow?> FindForChangeAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        FindAsync(connection, FindForChange, access, documentId, 0, ct);

    public static Task<IEnumerable<DocumentRow>> SearchAsync(
        NpgsqlConnection connection, RecordAccess access, DocumentSearch search, CancellationToken ct)
    {
        var parameters = new DynamicParameters(DocumentScope.Of(access));
        parameters.AddDynamicParams(new
        {
            AfterTime = search.After.Time,
            AfterId = search.After.Id,
            AfterVersion = search.After.Version,
            CurrentStates = search.Statuses.Where(status => status != (short)DocumentStatus.Deprecated).ToArray(),
            WithDeprecated = search.Statuses.Contains((short)DocumentStatus.Deprecated),
            WithDeleted = search.Statuses.Contains((short)DocumentStatus.Deleted),
            search.Limit,
        });
        if (search.IsUnfiltered)
        {
            return connection.QueryAsync<DocumentRow>(new CommandDefinition(Search, parameters, cancellationToken: ct));
        }

        parameters.AddDynamicParams(new
        {
            search.Types,
            search.Classes,
            search.CreationTimeFrom,
            search.CreationTimeTo,
            search.ServiceTimeFrom,
            search.ServiceTimeTo,
            search.AuthorId,
            search.AuthorStructureId,
            search.PracticeSettings,
            search.FacilityTypes,
            search.EventCodes,
            search.UniqueId,
        });
        return connection.QueryAsync<DocumentRow>(new CommandDefinition(SearchFiltered, parameters, cancellationToken: ct));
    }

    /// <summary>The approved documents that <paramref name="access"/> shows and <paramref name="asker"/>, the patient's side, may see.</summary>
    public static Task<IEnumerable<DocumentRow>> SearchSeenByBothAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        RecordAccess asker,
        (DateTimeOffset Time, Guid Id, int Version) after,
        int limit,
        CancellationToken ct)
    {
        var parameters = new DynamicParameters(DocumentScope.Of(access));
        parameters.AddDynamicParams(new
        {
            AfterTime = after.Time,
            AfterId = after.Id,
            AfterVersion = after.Version,
            ForRepresentative = DocumentScope.Of(asker).IsRepresentative,
            Limit = limit,
        });
        return connection.QueryAsync<DocumentRow>(new CommandDefinition(SearchSeenByBoth, parameters, cancellationToken: ct));
    }

    /// <summary>Writes visibility and state of a row that was found for change, and moves its revision.</summary>
    public static Task ChangeAsync(NpgsqlConnection connection, DocumentRow changed, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Change, changed, cancellationToken: ct));

    /// <summary>Which of these blobs a version refers to, for the sweep of the content store.</summary>
    public static Task<IEnumerable<Guid>> FindReferencedAsync(
        NpgsqlConnection connection, IReadOnlyList<Guid> contentIds, CancellationToken ct) =>
        connection.QueryAsync<Guid>(new CommandDefinition(
            AnyReference, new { ContentIds = contentIds.ToArray() }, cancellationToken: ct));

    private static Task<DocumentRow?> FindAsync(
        NpgsqlConnection connection, string sql, RecordAccess access, Guid documentId, int version, CancellationToken ct)
    {
        var parameters = new DynamicParameters(DocumentScope.Of(access));
        parameters.AddDynamicParams(new { DocumentId = documentId, Version = version });
        return connection.QuerySingleOrDefaultAsync<DocumentRow>(new CommandDefinition(sql, parameters, cancellationToken: ct));
    }
}
