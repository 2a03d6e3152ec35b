using Dapper;
using Dmp.Facts.V1;
using Dmp.Server.Data;
using Dmp.Storage;
using Npgsql;

namespace Dmp.Server.Facts;

/// <summary>The two queues of versions that are to be read.</summary>
internal enum FactQueue
{
    /// <summary>Small ones that nobody has tried yet: several are taken at once.</summary>
    Small,

    /// <summary>Large ones, and those with which a reading or a server ended: one is taken at a time.</summary>
    Alone,
}

/// <summary>A version that is to be read.</summary>
internal sealed record DueReading(Guid RecordId, Guid DocumentId, int Version, long SizeBytes, DateTimeOffset CreateTime);

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

    public required Guid DocumentId { get; init; }

    public required int Version { get; init; }

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
    public required ClaimedReading Claimed { get; init; }

    public required DocumentFactsState State { get; init; }

    public int Kinds { get; init; }

    public byte[]? Block { get; init; }

    public Guid? FactsId { get; init; }

    public byte[]? Words { get; init; }

    public Guid? WordsId { get; init; }

    /// <summary>Some of its words were not read.</summary>
    public bool WordsCut { get; init; }

    public Guid? RecordKeyId { get; init; }

    /// <summary>Bytes that it writes.</summary>
    public int Bytes => (Block?.Length ?? 0) + (Words?.Length ?? 0);
}

/// <summary>The queue of versions that are to be read, and what becomes of those that a server took.</summary>
internal static class FactQueueSql
{
    private const string Add =
        """
        insert into document_facts (record_id, document_id, version, state, size_bytes, due_time)
        select n.record_id, n.document_id, n.version, 2, n.size_bytes, n.create_time
        from unnest(@RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @SizeBytes::bigint[], @CreateTime::timestamptz[])
            n (record_id, document_id, version, size_bytes, create_time)
        """;

    // Served by document_facts_due_idx; a row that another server is taking is skipped. A server that dies leaves them due again when the
    // lease ends, each by itself. The limits are part of the statements, so that no plan is made for another number.
    private const string Columns = "record_id, document_id, version, due_time, size_bytes";

    private const string UpToLimit = "and due_time <= @Now order by due_time limit";

    private const string Take =
        """
        set attempts = f.attempts + 1, due_time = @LeaseEnd
        from taken t
        where f.record_id = t.record_id
            and f.document_id = t.document_id
            and f.version = t.version
        returning f.record_id, f.document_id, f.version, f.attempts, t.due_time, f.due_time as lease_end_time
        """;

    private const string ClaimSmall =
        $"""
        with due as (
            select {Columns}
            from document_facts
            where not alone {UpToLimit} 16 for update skip locked
        ), summed as (
            select d.*, sum(d.size_bytes) over (order by d.due_time, d.record_id, d.document_id, d.version) as bytes
            from due d
        ), taken as (
            select *
            from summed
            where bytes <= 1048576
        )
        update document_facts f
        {Take}
        """;

    private const string ClaimAlone =
        $"""
        with taken as (
            select {Columns}
            from document_facts
            where alone {UpToLimit} 1 for update skip locked
        )
        update document_facts f
        {Take}
        """;

    // Primary keys, each looked up by itself, as far as the scope has their records.
    private const string FindPlaces =
        """
        select v.record_id, v.document_id, v.version, v.form, v.metadata, v.content_id, v.blob_id, v.blob_offset, v.size_bytes,
            v.record_key_id, k.master_key_id, k.wrapped as wrapped_key
        from unnest(@RecordId::uuid[], @DocumentId::uuid[], @Version::integer[]) n (record_id, document_id, version)
            cross join lateral (
                select a.record_id, a.document_id, a.version, a.form, a.metadata, a.content_id, a.blob_id, a.blob_offset, a.size_bytes,
                    a.record_key_id
                from document_version a
                where a.record_id = n.record_id and a.document_id = n.document_id and a.version = n.version
                offset 0
            ) v
            left join record_key k on k.record_id = v.record_id and k.record_key_id = v.record_key_id
        """;

    // Primary keys; rows of a claim, while they are this server's. One that is locked is being taken away, or somebody looks at it who saw
    // it when it was still due: all others are written first, and then that one is waited for, alone.
    private const string OfOwn =
        """
        cross join lateral (
            select a.record_id
            from document_facts a
            where a.record_id = n.record_id
                and a.document_id = n.document_id
                and a.version = n.version
                and a.due_time = n.lease_end_time
            for update skip locked
        ) f
        """;

    private const string Skipping = " skip locked";

    private const string IsOwn = "f.record_id = o.record_id and f.document_id = o.document_id and f.version = o.version";

    private const string Finish =
        $"""
        with own as (
            select n.*
            from unnest(
                @RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @LeaseEndTime::timestamptz[], @State::smallint[],
                @Kinds::integer[], @Block::bytea[], @FactsId::uuid[], @Words::bytea[], @WordsId::uuid[], @WordsCut::boolean[],
                @RecordKeyId::uuid[])
                n (
                    record_id, document_id, version, lease_end_time, state, kinds, block, facts_id, words, words_id, words_cut,
                    record_key_id)
            {OfOwn}
        )
        update document_facts f
        set state = o.state, kinds = o.kinds, block = o.block, facts_id = o.facts_id, words = o.words, words_id = o.words_id,
            words_cut = o.words_cut, record_key_id = o.record_key_id, reader = @Reader, due_time = null, attempts = 0
        from own o
        where {IsOwn}
        returning f.state
        """;

    // What was read before is answered until it is read again.
    private const string Postpone =
        $"""
        with own as (
            select n.*
            from unnest(
                @RecordId::uuid[], @DocumentId::uuid[], @Version::integer[], @LeaseEndTime::timestamptz[], @DueTime::timestamptz[])
                n (record_id, document_id, version, lease_end_time, due_time)
            {OfOwn}
        )
        update document_facts f
        set due_time = o.due_time, attempts = f.attempts - @Uncounted
        from own o
        where {IsOwn}
        """;

    private const string GiveUp =
        """
        update document_facts
        set state = case when state = 2 then 4 else state end, due_time = null, attempts = 0
        where record_id = @RecordId
            and document_id = @DocumentId
            and version = @Version
            and due_time = @LeaseEndTime
        returning state
        """;

    /// <summary>Versions that are to be read; they come with the versions themselves.</summary>
    public static NpgsqlBatchCommand ToAdd(IReadOnlyList<DueReading> versions) =>
        new NpgsqlBatchCommand(Add)
            .With("RecordId", versions, row => row.RecordId)
            .With("DocumentId", versions, row => row.DocumentId)
            .With("Version", versions, row => row.Version)
            .With("SizeBytes", versions, row => row.SizeBytes)
            .With("CreateTime", versions, row => row.CreateTime);

    /// <summary>
    /// Takes what has been due for longest in a queue, in its order: of small ones up to 16, and together a mebibyte at the most.
    /// </summary>
    public static async Task<IReadOnlyList<ClaimedReading>> ClaimAsync(
        NpgsqlConnection connection, FactQueue queue, DateTimeOffset now, DateTimeOffset leaseEnd, CancellationToken ct)
    {
        await RowScope.Facts.ApplyAsync(connection, ct);
        var claimed = await connection.QueryAsync<ClaimedReading>(new CommandDefinition(
            queue == FactQueue.Small ? ClaimSmall : ClaimAlone, new { Now = now, LeaseEnd = leaseEnd }, cancellationToken: ct));
        return [.. claimed.OrderBy(one => one.DueTime)];
    }

    /// <summary>Where their content lies. From here on the connection is for their records, and for no others.</summary>
    public static async Task<IReadOnlyDictionary<(Guid DocumentId, int Version), ReadingPlace>> FindPlacesAsync(
        NpgsqlConnection connection, IReadOnlyList<ClaimedReading> claimed, CancellationToken ct)
    {
        await RowScope.OfFacts(claimed.Select(one => one.RecordId).Distinct()).ApplyAsync(connection, ct);
        var places = await connection.QueryAsync<ReadingPlace>(new CommandDefinition(
            FindPlaces,
            new
            {
                RecordId = claimed.Select(one => one.RecordId).ToArray(),
                DocumentId = claimed.Select(one => one.DocumentId).ToArray(),
                Version = claimed.Select(one => one.Version).ToArray(),
            },
            cancellationToken: ct));
        return places.ToDictionary(place => (place.DocumentId, place.Version));
    }

    /// <summary>
    /// Writes what became of them, and answers the states written: nothing is written of what another server has taken over since.
    /// </summary>
    public static async Task<IReadOnlyList<DocumentFactsState>> FinishAsync(
        NpgsqlConnection connection, IReadOnlyList<FinishedReading> finished, int reader)
    {
        await RowScope.Facts.ApplyAsync(connection, CancellationToken.None);
        var states = await FinishAsync(connection, finished, reader, Finish);
        if (states.Count < finished.Count)
        {
            foreach (var one in finished)
            {
                // What is written already is nobody's any more.
                states.AddRange(await FinishAsync(connection, [one], reader, Finish.Replace(Skipping, "", StringComparison.Ordinal)));
            }
        }

        return [.. states.Select(state => (DocumentFactsState)state)];
    }

    /// <summary>Leaves them for later; with or without counting the attempt.</summary>
    public static async Task PostponeAsync(
        NpgsqlConnection connection, IReadOnlyList<(ClaimedReading Claimed, DateTimeOffset DueTime)> left, bool isCounted)
    {
        await RowScope.Facts.ApplyAsync(connection, CancellationToken.None);
        if (await PostponeAsync(connection, left, isCounted, Postpone) < left.Count)
        {
            foreach (var one in left)
            {
                await PostponeAsync(connection, [one], isCounted, Postpone.Replace(Skipping, "", StringComparison.Ordinal));
            }
        }
    }

    private static async Task<List<short>> FinishAsync(
        NpgsqlConnection connection, IReadOnlyList<FinishedReading> finished, int reader, string statement) =>
        [.. await connection.QueryAsync<short>(new CommandDefinition(
            statement,
            new
            {
                RecordId = finished.Select(one => one.Claimed.RecordId).ToArray(),
                DocumentId = finished.Select(one => one.Claimed.DocumentId).ToArray(),
                Version = finished.Select(one => one.Claimed.Version).ToArray(),
                LeaseEndTime = finished.Select(one => one.Claimed.LeaseEndTime).ToArray(),
                State = finished.Select(one => (short)one.State).ToArray(),
                Kinds = finished.Select(one => one.Kinds).ToArray(),
                Block = finished.Select(one => one.Block).ToArray(),
                FactsId = finished.Select(one => one.FactsId).ToArray(),
                Words = finished.Select(one => one.Words).ToArray(),
                WordsId = finished.Select(one => one.WordsId).ToArray(),
                WordsCut = finished.Select(one => one.WordsCut).ToArray(),
                RecordKeyId = finished.Select(one => one.RecordKeyId).ToArray(),
                Reader = reader,
            }))];

    private static Task<int> PostponeAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(ClaimedReading Claimed, DateTimeOffset DueTime)> left,
        bool isCounted,
        string statement) =>
        connection.ExecuteAsync(new CommandDefinition(
            statement,
            new
            {
                RecordId = left.Select(one => one.Claimed.RecordId).ToArray(),
                DocumentId = left.Select(one => one.Claimed.DocumentId).ToArray(),
                Version = left.Select(one => one.Claimed.Version).ToArray(),
                LeaseEndTime = left.Select(one => one.Claimed.LeaseEndTime).ToArray(),
                DueTime = left.Select(one => one.DueTime).ToArray(),
                Uncounted = isCounted ? 0 : 1,
            }));

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
}
