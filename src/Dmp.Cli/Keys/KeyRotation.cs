using System.Collections.Concurrent;
using System.Globalization;
using Dmp.Storage.Keys;
using Npgsql;

namespace Dmp.Cli.Keys;

/// <summary>
/// Wraps the keys of all records with another master key while servers run. Content is not touched. What was done stays done: started
/// again it goes on with what is left, and two at once do no harm.
/// </summary>
internal sealed class KeyRotation(NpgsqlConnection database, MasterKeySet masterKeys, TextWriter progress)
{
    internal const int BatchSize = 500;

    // A token or a vault answers in milliseconds; this many at once keep it busy and no more.
    private const int AtOnce = 8;

    /// <summary>How many were wrapped anew.</summary>
    public long Rewrapped { get; private set; }

    /// <summary>Keys whose wrapped bytes are not what a master key made; they stay as they are.</summary>
    public List<Guid> Damaged { get; } = [];

    /// <exception cref="MasterKeyUnavailableException">An old or the new master key cannot be used; what was done until then
    /// stays.</exception>
    public async Task RunAsync(string current, CancellationToken ct)
    {
        await masterKeys.TryAsync(current, ct);
        await KeySql.MakeCurrentAsync(database, current, ct);
        WrappedRow? after = null;
        while (await KeySql.FindOldAsync(database, current, after, BatchSize, ct) is { Count: > 0 } batch)
        {
            await RewrapAsync(batch, current, ct);
            after = batch[^1];
            await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Rewrapped} keys wrapped anew"));
        }
    }

    private async Task RewrapAsync(List<WrappedRow> batch, string current, CancellationToken ct)
    {
        ConcurrentDictionary<Guid, byte[]> wrapped = new();
        await Parallel.ForEachAsync(
            batch, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (row, token) =>
            {
                RecordKeyName name = new(row.RecordKeyId, row.RecordId);
                try
                {
                    using var key = await masterKeys.UnwrapAsync(row.MasterKeyId, name, row.Wrapped, token);
                    wrapped[row.RecordKeyId] = await masterKeys.WrapAsync(current, name, key.Bytes, token);
                }
                catch (WrappedKeyDamagedException)
                {
                    // One bad row must not keep all others under a key that may have leaked.
                    lock (Damaged)
                    {
                        Damaged.Add(row.RecordKeyId);
                    }
                }
            });
        await using var transaction = await database.BeginTransactionAsync(ct);
        var done = 0L;
        foreach (var row in batch)
        {
            if (wrapped.TryGetValue(row.RecordKeyId, out var bytes) && await KeySql.RewrapAsync(database, row, current, bytes, ct))
            {
                done++;
            }
        }

        await transaction.CommitAsync(ct);
        Rewrapped += done;
    }
}
