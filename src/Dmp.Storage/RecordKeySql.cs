using Dapper;
using Npgsql;

namespace Dmp.Storage;

/// <summary>The wrapped data key of a record, as stored; without bytes once it was destroyed.</summary>
public sealed record RecordKeyRow
{
    public required Guid RecordKeyId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The master key that wraps it. Null in a version whose record has no such key.</summary>
    public required string? MasterKeyId { get; init; }

    /// <summary>Null once it was destroyed.</summary>
    public byte[]? Wrapped { get; init; }
}

/// <summary>Keys of records. The connection is for the record (row security).</summary>
public static class RecordKeySql
{
    private const string Columns = "record_key_id, record_id, master_key_id, wrapped";

    // Primary key, backwards.
    private const string CurrentMaster =
        """
        select master_key_id
        from master_key
        order by ordinal desc
        limit 1
        """;

    // The first of several servers that start at once decides. Later ones are the owner's (dmp keys rotate).
    private const string AddFirstMaster =
        """
        insert into master_key (ordinal, master_key_id, create_time)
        values (1, @MasterKeyId, now())
        on conflict (ordinal) do nothing
        """;

    // With a transaction no key of the record is destroyed until it ends (dmp keys destroy locks the record alone). A statement of its own:
    // what it waited for is seen by the next one only.
    private const string ShareRecord = "select record_id from record where record_id = @RecordId for key share";

    // In the order of ids, so that batches which share records wait for nobody in a circle.
    private const string ShareRecords = "select record_id from record where record_id = any(@RecordIds) order by record_id for key share";

    // Served by record_key_living_key.
    private const string FindAllLiving =
        $"""
        select {Columns}
        from record_key
        where record_id = any(@RecordIds)
            and destroy_time is null
        """;

    // Served by record_key_living_key: a record has one living key at most.
    private const string FindLiving =
        $"""
        select {Columns}
        from record_key
        where record_id = @RecordId
            and destroy_time is null
        """;

    // Primary key.
    private const string Find =
        $"""
        select {Columns}
        from record_key
        where record_key_id = @RecordKeyId
        """;

    // A rotation takes the lock alone when it makes another master key current: whoever adds a key after that sees it, and whoever came
    // before has committed when the rotation begins to look for keys to wrap anew. It ends with the transaction.
    private const string ShareRotation = "select pg_advisory_xact_lock_shared(7443017)";

    // Adds nothing when another master key became current meanwhile, or when somebody else added the record's key; record_key_living_key
    // decides, and waits for a transaction that has added one and not ended.
    private const string Add =
        $"""
        insert into record_key (record_key_id, record_id, master_key_id, wrapped, create_time)
        select @RecordKeyId, @RecordId, @MasterKeyId, @Wrapped, @Now
        where @MasterKeyId = ({CurrentMaster})
        on conflict (record_id) where destroy_time is null do nothing
        """;

    public static Task<string?> FindCurrentMasterAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<string?>(new CommandDefinition(CurrentMaster, cancellationToken: ct));

    public static Task AddFirstMasterAsync(NpgsqlConnection connection, string masterKeyId, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(AddFirstMaster, new { MasterKeyId = masterKeyId }, cancellationToken: ct));

    public static async Task<RecordKeyRow?> FindLivingAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{ShareRecord}; {FindLiving}", new { RecordId = recordId }, cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleOrDefaultAsync<RecordKeyRow>();
    }

    public static async Task<IReadOnlyList<RecordKeyRow>> FindAllLivingAsync(
        NpgsqlConnection connection, IReadOnlyList<Guid> recordIds, CancellationToken ct)
    {
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition(
            $"{ShareRecords}; {FindAllLiving}", new { RecordIds = recordIds.ToArray() }, cancellationToken: ct));
        await results.ReadAsync();
        return [.. await results.ReadAsync<RecordKeyRow>()];
    }

    public static Task<RecordKeyRow?> FindAsync(NpgsqlConnection connection, Guid recordKeyId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<RecordKeyRow>(
            new CommandDefinition(Find, new { RecordKeyId = recordKeyId }, cancellationToken: ct));

    public static Task AddAsync(NpgsqlConnection connection, RecordKeyRow key, DateTimeOffset now, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            $"{ShareRotation}; {Add}",
            new { key.RecordKeyId, key.RecordId, key.MasterKeyId, key.Wrapped, Now = now },
            cancellationToken: ct));
}
