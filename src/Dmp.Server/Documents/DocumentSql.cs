using Dapper;
using Dmp.Document.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Documents;

internal static class DocumentSql
{
    /// <summary>Versions of the first stretch of a search with filters, which may leave little over.</summary>
    private const int FilteredStretch = 2000;

    private const int StretchGrowth = 8;

    private const string Columns =
        """
        d.document_id, v.version, d.record_id, d.current_version, d.masked, d.patient_visible_time,
            d.hidden_from_representatives, d.state, d.revision, d.update_time,
            v.depositor_kind, v.depositor, v.metadata, v.class_code, v.service_start_time, v.size_bytes, v.sha256, v.sha1,
            v.form, v.content_id, v.blob_id, v.blob_offset, v.record_key_id, v.submission_set_id, v.create_time
        """;

    // Primary keys of all tables.
    private const string Find =
        $"""
        select {Columns},
            {DocumentFilter.IsOwn} as is_own,
            {DocumentFilter.IsReadableIfExists} as is_readable,
            k.master_key_id, k.wrapped as wrapped_key
        from document d
        join document_version v on v.document_id = d.document_id and v.record_id = d.record_id
            and v.version = case @Version::int when 0 then d.current_version else @Version end
        left join record_key k on k.record_key_id = v.record_key_id and k.record_id = d.record_id
        where d.document_id = @DocumentId
            and d.record_id = @RecordId
            and {DocumentFilter.Exists}
        """;

    // Locks the document, not its versions: changes of one document follow each other, reads go on.
    private const string FindForChange = Find + " for no key update of d";

    // Until the batch of a search ends: versions come in the order of the index and each finds its
    // document by the primary key. The planner prefers to fetch and sort while it takes each record for one of average size, and reads
    // whole tables with a plan made when they were small. Planning is not repeated for each caller.
    private const string AsIndexed =
        """
        select set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),
            set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
            set_config('plan_cache_mode', 'force_generic_plan', true)
        """;

    // The same for a search by identifier, whose few rows are sorted: without that, they are looked for in the order of searches.
    private const string AsIdentified =
        "select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)";

    // The next versions of the record in the order of searches, whatever becomes of them: document_version_search_idx from the key on,
    // and no further than the limit. The planner cannot know how much the rules leave over; without this step it reads and sorts all
    // versions of the record for each page.
    private const string Stretch =
        """
        select v.*
        from document_version v
        where v.record_id = @RecordId
            and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
        order by v.service_start_time desc, v.document_id desc, v.version desc
        limit @Stretch
        """;

    // The versions under one identifier: one for each depositor at most, by document_version_unique_id_key, however large the record is.
    private const string Identified =
        """
        select v.*
        from document_version v
        where v.record_id = @RecordId
            and v.unique_id = @UniqueId
            and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
        """;

    // The primary key of document decides each version v.
    private const string Matching =
        $"""
        join document d on d.document_id = v.document_id and d.record_id = v.record_id
        where (
                v.version = d.current_version and d.state = any(@CurrentStates)
                or @WithDeprecated and v.version < d.current_version and d.state <> 4
                or @WithDeleted and v.version < d.current_version and d.state = 4
            )
            and {DocumentFilter.Exists}
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
            and (not @ForOwner or d.patient_visible_time is null or d.patient_visible_time <= @Now)
            and (not @ForRepresentative or not d.hidden_from_representatives)
        order by v.service_start_time desc, v.document_id desc, v.version desc
        limit @Limit
        """;

    private const string Search = $"select {Columns} from ({Stretch}) v {Matching}";

    private const string SearchIdentified = $"select {Columns} from ({Identified}) v {Matching}";

    // Where a stretch ends; nothing when the record has no more versions than that.
    private const string StretchEnd =
        """
        select v.service_start_time as time, v.document_id as id, v.version
        from document_version v
        where v.record_id = @RecordId
            and (v.service_start_time, v.document_id, v.version) < (@AfterTime, @AfterId, @AfterVersion)
        order by v.service_start_time desc, v.document_id desc, v.version desc
        offset @Stretch - 1
        limit 1
        """;

    private const string NoEnd = "select null::timestamptz as time, null::uuid as id, null::integer as version where false";

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
        where record_id = @RecordId
            and document_id = @DocumentId
        """;

    // document_version_content_key, document_version_blob_idx and upload_content_idx.
    private const string AnyReference =
        """
        select content_id
        from document_version
        where content_id = any(@BlobIds) and blob_id is null
        union
        select blob_id
        from document_version
        where blob_id = any(@BlobIds)
        union
        select content_id
        from upload
        where content_id = any(@BlobIds)
        """;

    // With and without the question behind it whether remembered facts still stand.
    private static readonly ScopedSql find = new(WorkRole.Request, Find);
    private static readonly ScopedSql findAndAsk = new(WorkRole.Request, $"{Find}; {AccessSql.IsOutdated}");

    // The end of the stretch comes with it: whether there is more is asked of each record that does not fill the page, which most are.
    private static readonly ScopedSql search = new(WorkRole.Request, $"{AsIndexed}; {Search}; {StretchEnd}");
    private static readonly ScopedSql searchAndAsk = new(WorkRole.Request, $"{AsIndexed}; {Search}; {StretchEnd}; {AccessSql.IsOutdated}");

    // A search by identifier has no stretch; its end is that of an empty one.
    private static readonly ScopedSql searchIdentified = new(WorkRole.Request, $"{AsIdentified}; {SearchIdentified}; {NoEnd}");
    private static readonly ScopedSql searchIdentifiedAndAsk =
        new(WorkRole.Request, $"{AsIdentified}; {SearchIdentified}; {NoEnd}; {AccessSql.IsOutdated}");

    /// <summary>One version (0 is the latest) of a document that exists for the caller.</summary>
    public static async Task<DocumentRow?> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, int version, CancellationToken ct)
    {
        var parameters = access.Scope.Parameters(
            DocumentScope.Of(access), new { DocumentId = documentId, Version = version }, AccessSql.PlaceParameters(access.Place));
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            (access.IsRemembered ? findAndAsk : find).For(access.Scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        var row = await results.ReadSingleOrDefaultAsync<DocumentRow>();
        await RequireStandingAsync(results, access);
        return row;
    }

    /// <summary>
    /// The latest version, with the document locked until the transaction ends. When the lock was waited for, and the version that the
    /// statement saw at its start is no longer the latest, it finds none; a second statement sees what committed meanwhile.
    /// </summary>
    public static async Task<DocumentRow?> FindForChangeAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        await FindForChangeOnceAsync(connection, access, documentId, ct)
        ?? await FindForChangeOnceAsync(connection, access, documentId, ct);

    /// <summary>
    /// One page of what exists for the caller, and for whom <paramref name="asker"/> is of when the patient's side looks through the
    /// eyes of a professional. Reads the record in growing stretches until the page is full: the first one is enough for most. What is
    /// asked for by its identifier is read by that, in one statement.
    /// </summary>
    public static async Task<List<DocumentRow>> SearchAsync(
        NpgsqlConnection connection, RecordAccess access, DocumentSearch asked, CancellationToken ct, RecordAccess? asker = null)
    {
        var rows = new List<DocumentRow>();
        var after = new Position { Time = asked.After.Time, Id = asked.After.Id, Version = asked.After.Version };
        var sql = (asked.UniqueId is null, access.IsRemembered) switch
        {
            (true, false) => search,
            (true, true) => searchAndAsk,
            (false, false) => searchIdentified,
            (false, true) => searchIdentifiedAndAsk,
        };
        for (var stretch = asked.IsUnfiltered ? 2 * asked.Limit : FilteredStretch; ; stretch *= StretchGrowth)
        {
            var reach = new { AfterTime = after.Time, AfterId = after.Id, AfterVersion = after.Version, Stretch = stretch };
            var parameters = access.Scope.Parameters(
                DocumentScope.Of(access),
                Parameters(asked with { Limit = asked.Limit - rows.Count }, asker),
                reach,
                AccessSql.PlaceParameters(access.Place));
            await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
                sql.For(access.Scope), parameters, cancellationToken: ct));
            await results.ReadAsync();
            await results.ReadAsync();
            rows.AddRange(await results.ReadAsync<DocumentRow>());
            var end = await results.ReadSingleOrDefaultAsync<Position>();
            await RequireStandingAsync(results, access);
            if (rows.Count == asked.Limit || end is null)
            {
                return rows;
            }

            after = end;
        }
    }

    /// <summary>Writes visibility and state of a row that was found for change, and moves its revision.</summary>
    public static Task ChangeAsync(NpgsqlConnection connection, DocumentRow changed, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Change, changed, cancellationToken: ct));

    /// <summary>Which of these blobs a version or an unfinished upload refers to, for the sweep of the content store.</summary>
    public static Task<IEnumerable<Guid>> FindReferencedAsync(
        NpgsqlConnection connection, IReadOnlyList<Guid> blobIds, CancellationToken ct) =>
        connection.QueryAsync<Guid>(new CommandDefinition(
            AnyReference, new { BlobIds = blobIds.ToArray() }, cancellationToken: ct));

    /// <summary>Nothing of what was read is used when the facts it was read by have changed.</summary>
    private static async Task RequireStandingAsync(SqlMapper.GridReader results, RecordAccess access)
    {
        if (access.IsRemembered && await results.ReadSingleAsync<bool>())
        {
            throw new FactsOutdatedException();
        }
    }

    // On the transaction as it is: of one record, or of a batch.
    private static Task<DocumentRow?> FindForChangeOnceAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<DocumentRow>(new CommandDefinition(
            FindForChange,
            new StatementParameters(DocumentScope.Of(access), new { DocumentId = documentId, Version = 0 }),
            cancellationToken: ct));

    private static object Parameters(DocumentSearch search, RecordAccess? asker) => new
    {
        CurrentStates = search.Statuses.Where(status => status != (short)DocumentStatus.Deprecated).ToArray(),
        WithDeprecated = search.Statuses.Contains((short)DocumentStatus.Deprecated),
        WithDeleted = search.Statuses.Contains((short)DocumentStatus.Deleted),
        search.Limit,
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
        ForOwner = asker is not null,
        ForRepresentative = asker is not null && DocumentScope.Of(asker).IsRepresentative,
    };

    /// <summary>The key of a version in the order of searches.</summary>
    private sealed record Position
    {
        public required DateTimeOffset Time { get; init; }

        public required Guid Id { get; init; }

        public required int Version { get; init; }
    }
}
