using Dapper;
using Dmp.Facts.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Server.Facts;

/// <summary>A version that this server reads.</summary>
internal sealed record ClaimedReading
{
    public required Guid RecordId { get; init; }

    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    /// <summary>Attempts so far, this one included.</summary>
    public required int Attempts { get; init; }

    /// <summary>Since when it was due.</summary>
    public required DateTimeOffset DueTime { get; init; }

    /// <summary>Until when it is this server's. It tells whether another one has taken over since.</summary>
    public required DateTimeOffset LeaseEndTime { get; init; }
}

/// <summary>What the content of a version is and where it lies, as stored.</summary>
internal sealed record ReadingPlace
{
    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Document.V1.ContentForm"/>.</summary>
    public required short Form { get; init; }

    /// <summary>dmp.document.v1.DocumentMetadata.</summary>
    public required byte[] Metadata { get; init; }

    public required Guid ContentId { get; init; }

    public Guid? BlobId { get; init; }

    public required long BlobOffset { get; init; }

    public required long SizeBytes { get; init; }

    public Guid? RecordKeyId { get; init; }

    public string? MasterKeyId { get; init; }

    public byte[]? WrappedKey { get; init; }

    /// <summary>The same for the content store; its key is null for content of before sealing.</summary>
    public ContentLocation Location => new()
    {
        ContentId = ContentId,
        BlobId = BlobId ?? ContentId,
        BlobOffset = BlobOffset,
        SizeBytes = SizeBytes,
        Key = RecordKeyId is { } recordKeyId ? FactSql.KeyOf(RecordId, recordKeyId, MasterKeyId, WrappedKey) : null,
    };
}

/// <summary>What became of a reading.</summary>
internal sealed record FinishedReading
{
    public required DocumentFactsState State { get; init; }

    public int Kinds { get; init; }

    public byte[]? Block { get; init; }

    public Guid? FactsId { get; init; }

    public byte[]? Words { get; init; }

    public Guid? WordsId { get; init; }

    /// <summary>Some of its words were not read.</summary>
    public bool WordsCut { get; init; }

    public Guid? RecordKeyId { get; init; }
}

/// <summary>What a block holds.</summary>
internal enum BlockContent
{
    /// <summary>What a version states.</summary>
    Facts,

    /// <summary>The words of a version.</summary>
    Words,
}

/// <summary>A block of one version of a page, as it is stored.</summary>
internal sealed record StoredBlock
{
    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

    /// <summary>The numbers of <see cref="DocumentFactsState"/>.</summary>
    public required short State { get; init; }

    /// <summary>It holds none of the kinds asked for, and was left out.</summary>
    public required bool IsSkipped { get; init; }

    /// <summary>Some of its words were not read.</summary>
    public required bool WordsCut { get; init; }

    /// <summary>Null when there is none, when it was left out, or when the page is full before it.</summary>
    public byte[]? Block { get; init; }

    /// <summary>The name that it is sealed under; null when nothing was read of it.</summary>
    public Guid? BlockId { get; init; }

    public Guid? RecordKeyId { get; init; }

    public string? MasterKeyId { get; init; }

    /// <summary>Null once it was destroyed.</summary>
    public byte[]? WrappedKey { get; init; }
}

internal static class FactSql
{
    private const string Add =
        """
        insert into document_facts (record_id, document_id, version, state, due_time)
        select n.record_id, n.document_id, n.version, 2, n.create_time
        from unnest(@RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @CreateTime::timestamptz[])
            n (record_id, document_id, version, create_time)
        """;

    // Served by document_facts_due_idx; a row that another server is taking is skipped. A server that dies leaves one that is due again
    // when the lease ends.
    private const string Claim =
        """
        with due as (
            select record_id, document_id, version, due_time
            from document_facts
            where due_time <= @Now
            order by due_time
            limit 1
            for update skip locked
        )
        update document_facts f
        set attempts = f.attempts + 1, due_time = @LeaseEnd
        from due
        where f.record_id = due.record_id
            and f.document_id = due.document_id
            and f.version = due.version
        returning f.record_id, f.document_id, f.version, f.attempts, due.due_time, f.due_time as lease_end_time
        """;

    // Primary keys.
    private const string FindPlace =
        """
        select v.record_id, v.form, v.metadata, v.content_id, v.blob_id, v.blob_offset, v.size_bytes, v.record_key_id, k.master_key_id,
            k.wrapped as wrapped_key
        from document_version v
        left join record_key k on k.record_id = v.record_id and k.record_key_id = v.record_key_id
        where v.record_id = @RecordId
            and v.document_id = @DocumentId
            and v.version = @Version
        """;

    // Primary key; the row of a claim, while it is this server's.
    private const string Own =
        """
        where record_id = @RecordId
            and document_id = @DocumentId
            and version = @Version
            and due_time = @LeaseEndTime
        """;

    private const string Finish =
        $"""
        update document_facts
        set state = @State, kinds = @Kinds, block = @Block, facts_id = @FactsId, words = @Words, words_id = @WordsId,
            words_cut = @WordsCut, record_key_id = @RecordKeyId, reader = @Reader, due_time = null, attempts = 0
        {Own}
        """;

    // What was read before is answered until it is read again.
    private const string Postpone =
        $"""
        update document_facts
        set due_time = @DueTime, attempts = attempts - @Uncounted
        {Own}
        """;

    private const string GiveUp =
        $"""
        update document_facts
        set state = case when state = 2 then 4 else state end, due_time = null, attempts = 0
        {Own}
        returning state
        """;

    // Primary keys, for the versions of one page in their order, each looked up by itself: with a plan for all of them at once PostgreSQL
    // reads the whole record. Of blocks so many as an answer has room for; those behind are left to the next page.
    private const string PageColumns =
        "p.document_id, p.version, p.state, p.words_cut, p.is_skipped, p.block_id, p.record_key_id, p.master_key_id, p.wrapped_key";

    private const string OfVersion =
        "f.document_id, f.version, f.state, f.words_cut, f.record_key_id, k.master_key_id, k.wrapped as wrapped_key";

    private const string PageRows =
        """
        from unnest(@DocumentIds::uuid[], @Versions::integer[]) with ordinality n (document_id, version, place)
            cross join lateral (
                select a.*
                from document_facts a
                where a.record_id = @RecordId and a.document_id = n.document_id and a.version = n.version
                offset 0
            ) f
            left join record_key k on k.record_id = @RecordId and k.record_key_id = f.record_key_id
        """;

    private const string FindPage =
        $"""
        select {PageColumns}, case when p.bytes_before = 0 or p.bytes_before + length(p.block) <= @BytesMax then p.block end as block
        from (
            select {OfVersion}, f.block is not null and f.kinds & @Kinds = 0 as is_skipped, f.facts_id as block_id,
                case when f.kinds & @Kinds <> 0 then f.block end as block,
                coalesce(
                    sum(case when f.kinds & @Kinds <> 0 then length(f.block) else 0 end)
                        over (order by n.place rows between unbounded preceding and 1 preceding),
                    0) as bytes_before
            {PageRows}
        ) p
        """;

    // The same, of words.
    private const string FindWords =
        $"""
        select {PageColumns}, case when p.bytes_before = 0 or p.bytes_before + length(p.block) <= @BytesMax then p.block end as block
        from (
            select {OfVersion}, false as is_skipped, f.words_id as block_id, f.words as block,
                coalesce(sum(length(f.words)) over (order by n.place rows between unbounded preceding and 1 preceding), 0)
                    as bytes_before
            {PageRows}
        ) p
        """;

    private static readonly ScopedSql findPage = new(WorkRole.Request, FindPage);
    private static readonly ScopedSql findWords = new(WorkRole.Request, FindWords);

    /// <summary>Versions that are to be read; they come with the versions themselves.</summary>
    public static NpgsqlBatchCommand ToAdd(
        IReadOnlyList<(Guid RecordId, Guid DocumentId, int Version, DateTimeOffset CreateTime)> versions) =>
        new NpgsqlBatchCommand(Add)
            .With("RecordId", versions, row => row.RecordId)
            .With("DocumentId", versions, row => row.DocumentId)
            .With("Version", versions, row => row.Version)
            .With("CreateTime", versions, row => row.CreateTime);

    /// <summary>Takes what has been due for longest, with where its content lies; null when nothing is.</summary>
    public static async Task<(ClaimedReading Claimed, ReadingPlace Place)?> ClaimAsync(
        NpgsqlConnection connection, DateTimeOffset now, DateTimeOffset leaseEnd, CancellationToken ct)
    {
        await RowScope.Facts.ApplyAsync(connection, ct);
        if (await connection.QuerySingleOrDefaultAsync<ClaimedReading>(new CommandDefinition(
            Claim, new { Now = now, LeaseEnd = leaseEnd }, cancellationToken: ct)) is not { } claimed)
        {
            return null;
        }

        // From here on the connection is for its record.
        await RowScope.OfFacts(claimed.RecordId).ApplyAsync(connection, ct);
        var place = await connection.QuerySingleAsync<ReadingPlace>(new CommandDefinition(
            FindPlace, new { claimed.RecordId, claimed.DocumentId, claimed.Version }, cancellationToken: ct));
        return (claimed, place);
    }

    /// <summary>Writes what became of it. False when another server has taken over since: nothing is written.</summary>
    public static async Task<bool> FinishAsync(NpgsqlConnection connection, ClaimedReading claimed, FinishedReading finished, int reader)
    {
        await RowScope.Facts.ApplyAsync(connection, CancellationToken.None);
        return await connection.ExecuteAsync(new CommandDefinition(
            Finish,
            new
            {
                claimed.RecordId,
                claimed.DocumentId,
                claimed.Version,
                claimed.LeaseEndTime,
                State = (short)finished.State,
                finished.Kinds,
                finished.Block,
                finished.FactsId,
                finished.Words,
                finished.WordsId,
                finished.WordsCut,
                finished.RecordKeyId,
                Reader = reader,
            })) > 0;
    }

    /// <summary>Leaves it for later; with or without counting the attempt.</summary>
    public static async Task PostponeAsync(NpgsqlConnection connection, ClaimedReading claimed, DateTimeOffset dueTime, bool isCounted)
    {
        await RowScope.Facts.ApplyAsync(connection, CancellationToken.None);
        await connection.ExecuteAsync(new CommandDefinition(
            Postpone,
            new
            {
                claimed.RecordId,
                claimed.DocumentId,
                claimed.Version,
                claimed.LeaseEndTime,
                DueTime = dueTime,
                Uncounted = isCounted ? 0 : 1,
            }));
    }

    /// <summary>
    /// It will not be read; what was read of it before stays. True when it failed: not when something was read before, or another server
    /// has taken over.
    /// </summary>
    public static async Task<bool> GiveUpAsync(NpgsqlConnection connection, ClaimedReading claimed)
    {
        await RowScope.Facts.ApplyAsync(connection, CancellationToken.None);
        return await connection.QuerySingleOrDefaultAsync<short>(new CommandDefinition(
            GiveUp, new { claimed.RecordId, claimed.DocumentId, claimed.Version, claimed.LeaseEndTime }))
            == (short)DocumentFactsState.Failed;
    }

    /// <summary>The blocks of the versions of a page that exist for the caller, in no order; those without a row are absent.</summary>
    public static async Task<IReadOnlyDictionary<(Guid DocumentId, int Version), StoredBlock>> FindPageAsync(
        NpgsqlConnection connection,
        RecordAccess access,
        IReadOnlyList<DocumentRow> page,
        BlockContent content,
        int kinds,
        int bytesMax,
        CancellationToken ct)
    {
        var parameters = access.Scope.Parameters(new
        {
            access.RecordId,
            DocumentIds = page.Select(row => row.DocumentId).ToArray(),
            Versions = page.Select(row => row.Version).ToArray(),
            Kinds = kinds,
            BytesMax = bytesMax,
        });
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            (content == BlockContent.Facts ? findPage : findWords).For(access.Scope), parameters, cancellationToken: ct));
        await results.ReadAsync();
        return (await results.ReadAsync<StoredBlock>()).ToDictionary(stored => (stored.DocumentId, stored.Version));
    }

    /// <summary>A key of a record, as a statement read it.</summary>
    public static RecordKeyRow KeyOf(Guid recordId, Guid recordKeyId, string? masterKeyId, byte[]? wrapped) => new()
    {
        RecordKeyId = recordKeyId,
        RecordId = recordId,
        MasterKeyId = masterKeyId,
        Wrapped = wrapped,
    };
}
