using Dmp.Storage.Keys;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Dmp.Storage;

/// <summary>
/// The data keys of records, made by the first upload to a record. Plain keys stay in memory for a bounded time and number; that saves
/// the unwrapping only. The row is always read first, so that a key that was destroyed opens nothing any more, on every server.
/// </summary>
public sealed class RecordKeys(
    MasterKeySet masterKeys, MasterKeyOptions options, TimeProvider time, ILogger<RecordKeys> logger) : IDisposable
{
    private const int AttemptsMax = 10;

    private readonly RecordKeyCache cache = new(options.CacheFor, options.CacheMax, time);

    /// <summary>Keys in memory now.</summary>
    internal int CachedCount => cache.Count;

    /// <summary>
    /// The living key of a record; makes it when there is none. The connection is for this record, with or without a transaction. Many
    /// may ask at once, on several servers, and during a rotation: all get the same key.
    /// </summary>
    /// <exception cref="ContentUnavailableException">The master key cannot be used.</exception>
    public async Task<RecordKey> GetOrCreateAsync(NpgsqlConnection connection, Guid recordId, CancellationToken ct)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (await RecordKeySql.FindLivingAsync(connection, recordId, ct) is { } row)
            {
                return await OpenAsync(row, ct);
            }

            var masterKeyId = await RecordKeySql.FindCurrentMasterAsync(connection, ct)
                ?? throw new ContentUnavailableException("There is no master key.");
            var now = time.GetUtcNow();
            RecordKeyName name = new(Guid.CreateVersion7(now), recordId);
            using var key = SecretBytes.Random(RecordKeyName.KeyBytes);
            var wrapped = await GuardedAsync(name, () => masterKeys.WrapAsync(masterKeyId, name, key.Bytes, ct));
            row = new RecordKeyRow { RecordKeyId = name.RecordKeyId, RecordId = recordId, MasterKeyId = masterKeyId, Wrapped = wrapped };
            await RecordKeySql.AddAsync(connection, row, now, ct);

            // Read again: it is this key, the one that somebody else added first, or none because another master key became current.
        }

        throw new ContentUnavailableException("The key of a record could not be made.");
    }

    /// <summary>
    /// The same for several records that the connection is for; with a transaction no key of theirs is destroyed until it ends. The caller
    /// disposes of each key.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, RecordKey>> GetOrCreateAllAsync(
        NpgsqlConnection connection, IReadOnlyList<Guid> recordIds, CancellationToken ct)
    {
        var found = new Dictionary<Guid, RecordKey>();
        try
        {
            foreach (var row in await RecordKeySql.FindAllLivingAsync(connection, recordIds, ct))
            {
                found[row.RecordId] = await OpenAsync(row, ct);
            }

            foreach (var recordId in recordIds.Where(recordId => !found.ContainsKey(recordId)))
            {
                found[recordId] = await GetOrCreateAsync(connection, recordId, ct);
            }

            return found;
        }
        catch (Exception)
        {
            foreach (var key in found.Values)
            {
                key.Dispose();
            }

            throw;
        }
    }

    /// <summary>The key of a row that was read just now.</summary>
    /// <exception cref="ContentErasedException">It was destroyed.</exception>
    /// <exception cref="ContentUnavailableException">The master key cannot be used, or the row is not what was made.</exception>
    public async Task<RecordKey> OpenAsync(RecordKeyRow row, CancellationToken ct)
    {
        RecordKeyName name = new(row.RecordKeyId, row.RecordId);
        if (row.MasterKeyId is null)
        {
            WrappedKeyDamagedException foreign = new("A version names a key that its record does not have.");
            logger.KeyDamaged(foreign, name.RecordKeyId, name.RecordId);
            throw new ContentDamagedException(Guid.Empty, ContentDamage.Key, innerException: foreign);
        }

        if (row.Wrapped is null)
        {
            cache.Forget(row.RecordKeyId);
            throw new ContentErasedException();
        }

        if (cache.Find(row.RecordKeyId) is { } cached)
        {
            return new RecordKey(row, cached);
        }

        var key = await GuardedAsync(name, () => masterKeys.UnwrapAsync(row.MasterKeyId, name, row.Wrapped, ct));
        cache.Keep(row.RecordKeyId, key);
        return new RecordKey(row, key);
    }

    public void Dispose() => cache.Dispose();

    private async Task<T> GuardedAsync<T>(RecordKeyName name, Func<Task<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (MasterKeyUnavailableException unavailable)
        {
            throw new ContentUnavailableException(unavailable.Message, unavailable);
        }
        catch (WrappedKeyDamagedException damaged)
        {
            logger.KeyDamaged(damaged, name.RecordKeyId, name.RecordId);
            throw new ContentDamagedException(Guid.Empty, ContentDamage.Key, innerException: damaged);
        }
    }
}
