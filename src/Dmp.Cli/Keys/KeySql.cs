using Dapper;
using Npgsql;

namespace Dmp.Cli.Keys;

/// <summary>A living record key that is to be wrapped anew.</summary>
internal sealed record WrappedRow
{
    public required Guid RecordKeyId { get; init; }

    public required Guid RecordId { get; init; }

    public required string MasterKeyId { get; init; }

    public required byte[] Wrapped { get; init; }
}

/// <summary>How many record keys a master key wraps.</summary>
internal sealed record MasterKeyCount
{
    public required string MasterKeyId { get; init; }

    public required long Count { get; init; }
}

/// <summary>Keys as the owner of the schema sees them: of all records, whatever row security says.</summary>
internal static class KeySql
{
    static KeySql() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    private const string Current = "select master_key_id from master_key order by ordinal desc limit 1";

    // Servers that add a key of a record hold this lock shared (RecordKeySql): here it waits for those that have read the old current
    // key, and those that come after read the new one.
    private const string LockRotation = "select pg_advisory_xact_lock(7443017)";

    private const string MakeCurrent =
        """
        insert into master_key (ordinal, master_key_id, create_time)
        select coalesce(max(ordinal), 0) + 1, @MasterKeyId, now()
        from master_key
        """;

    // Served by record_key_master_idx.
    private const string Counts =
        """
        select master_key_id, count(*) as count
        from record_key
        where destroy_time is null
        group by master_key_id
        order by master_key_id
        """;

    private const string CountDestroyed = "select count(*) from record_key where destroy_time is not null";

    // document_version_plain_idx, here and for one record.
    private const string CountPlain = "select count(*) from document_version where record_key_id is null";

    // In the order of record_key_pkey, from one batch to the next; keys that are added meanwhile are wrapped by the current master key.
    private const string FindOld =
        """
        select record_key_id, record_id, master_key_id, wrapped
        from record_key
        where destroy_time is null
            and master_key_id <> @Current
            and (record_id, record_key_id) > (@AfterRecordId, @AfterKeyId)
        order by record_id, record_key_id
        limit @Limit
        """;

    // Changes nothing when the key was destroyed meanwhile or another rotation was faster.
    private const string Rewrap =
        """
        update record_key
        set wrapped = @Wrapped, master_key_id = @Current
        where record_id = @RecordId
            and record_key_id = @RecordKeyId
            and master_key_id = @Old
            and destroy_time is null
        """;

    // Waits for changes of the record that are under way, uploads too: whichever commits first, no version is left with a key that is gone.
    private const string LockRecord = "select record_id from record where record_id = @RecordId for update";

    private const string CountVersions =
        """
        select count(*)
        from document_version v
        join record_key k on k.record_key_id = v.record_key_id and k.record_id = v.record_id
        where v.record_id = @RecordId
            and k.destroy_time is null
        """;

    private const string CountPlainOf = "select count(*) from document_version where record_id = @RecordId and record_key_id is null";

    private const string Destroy =
        """
        update record_key
        set wrapped = null, destroy_time = now()
        where record_id = @RecordId
            and destroy_time is null
        """;

    // Signatures of submission sets lie beside the sealed content, and say what it was. Served by submission_set_list_idx.
    private const string ForgetSignatures =
        """
        update submission_set
        set signature = null
        where record_id = @RecordId
            and signature is not null
        """;

    // What was read of the contents is sealed with the same key; which kinds of statements it was is in the clear.
    private const string ForgetFacts =
        """
        update document_facts f
        set state = 5, kinds = 0, block = null, facts_id = null, words = null, words_id = null, words_cut = false,
            record_key_id = null, due_time = null, attempts = 0
        from document_version v
        where f.record_id = @RecordId
            and v.record_id = f.record_id
            and v.document_id = f.document_id
            and v.version = f.version
            and v.record_key_id is not null
        """;

    // What nobody can read any more is not kept.
    private const string ForgetWishes =
        """
        delete from wish where record_id = @RecordId;
        delete from trusted_person where record_id = @RecordId
        """;

    // Row versions that nobody can see any more still hold the bytes until this; so do backups and the write-ahead log.
    private const string Vacuum = "vacuum record_key, submission_set, document_facts, wish, trusted_person";

    public static Task<string?> CurrentAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<string?>(new CommandDefinition(Current, cancellationToken: ct));

    /// <summary>From here on new keys are wrapped with it, on every server.</summary>
    public static async Task MakeCurrentAsync(NpgsqlConnection connection, string masterKeyId, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(LockRotation, cancellationToken: ct));
        if (await CurrentAsync(connection, ct) != masterKeyId)
        {
            await connection.ExecuteAsync(new CommandDefinition(MakeCurrent, new { MasterKeyId = masterKeyId }, cancellationToken: ct));
        }

        await transaction.CommitAsync(ct);
    }

    public static Task<IEnumerable<MasterKeyCount>> CountsAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.QueryAsync<MasterKeyCount>(new CommandDefinition(Counts, cancellationToken: ct));

    public static Task<long> CountDestroyedAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(CountDestroyed, cancellationToken: ct));

    public static Task<long> CountPlainAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(CountPlain, cancellationToken: ct));

    public static async Task<List<WrappedRow>> FindOldAsync(
        NpgsqlConnection connection, string current, WrappedRow? after, int limit, CancellationToken ct) =>
        [.. await connection.QueryAsync<WrappedRow>(new CommandDefinition(
            FindOld,
            new
            {
                Current = current,
                AfterRecordId = after?.RecordId ?? Guid.Empty,
                AfterKeyId = after?.RecordKeyId ?? Guid.Empty,
                Limit = limit,
            },
            cancellationToken: ct))];

    public static async Task<bool> RewrapAsync(
        NpgsqlConnection connection, WrappedRow old, string current, byte[] wrapped, CancellationToken ct) =>
        await connection.ExecuteAsync(new CommandDefinition(
            Rewrap, new { old.RecordId, old.RecordKeyId, Old = old.MasterKeyId, Current = current, Wrapped = wrapped },
                cancellationToken: ct)) > 0;

    /// <summary>Locks the record until the transaction ends; false when there is none.</summary>
    public static async Task<bool> LockRecordAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
            LockRecord, new { RecordId = recordId }, cancellationToken: ct)) is not null;

    public static async Task<(long Sealed, long Plain)> CountVersionsAsync(
        NpgsqlConnection connection, Guid recordId, CancellationToken ct) => (
        await connection.ExecuteScalarAsync<long>(new CommandDefinition(CountVersions, new { RecordId = recordId }, cancellationToken: ct)),
        await connection.ExecuteScalarAsync<long>(new CommandDefinition(CountPlainOf, new { RecordId = recordId }, cancellationToken: ct)));

    public static Task<int> DestroyAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Destroy, new { RecordId = recordId }, cancellationToken: ct));

    public static Task ForgetSignaturesAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(ForgetSignatures, new { RecordId = recordId }, cancellationToken: ct));

    public static Task ForgetWishesAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(ForgetWishes, new { RecordId = recordId }, cancellationToken: ct));

    public static Task ForgetFactsAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(ForgetFacts, new { RecordId = recordId }, cancellationToken: ct));

    public static Task VacuumAsync(NpgsqlConnection connection, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(Vacuum, cancellationToken: ct));
}
