using System.Globalization;
using Dmp.Proofs;

namespace Dmp.Cli.Audit;

/// <summary>What can only be said when all leaves were seen.</summary>
internal sealed partial class LogCheck
{
    private async Task CheckEndAsync(LogCheckpointRow? last, CancellationToken ct)
    {
        if (last is null && Size > 0)
        {
            Fault($"truncated: the log has {Size} leaves and no checkpoint");
        }
        else if (last is not null && last.TreeSize > Size)
        {
            Fault($"truncated: the last checkpoint is of {last.TreeSize} leaves, and the log has {Size}");
        }
        else if (last is not null && last.TreeSize < Size && oldestUncovered < now - patience)
        {
            Fault($"truncated: no checkpoint covers the leaves {last.TreeSize} to {Size - 1}, which are not new");
        }

        if (kept is not null && kept.Size > Size)
        {
            Fault($"truncated: the checkpoint that was kept is of {kept.Size} leaves, and the log has {Size}");
        }

        var expected = 0L;
        for (var level = TreeBuilder.StoredLevels; Size >> level > 0; level += TreeBuilder.StoredLevels)
        {
            expected += Size >> level;
        }

        var nodes = await LogSql.CountNodesAsync(connection, ct);
        if (nodes > expected)
        {
            Fault($"inserted: {nodes - expected} nodes that belong to no leaves");
        }
    }

    private async Task CheckWithoutLeafAsync(ulong horizon, CancellationToken ct)
    {
        var after = Guid.Empty;
        while (true)
        {
            var page = (await LogSql.ListWithoutLeafAsync(connection, after, PageSize, ct)).ToList();
            foreach (var check in page.Select(row => EventCheck.Of(row, keys)))
            {
                var row = check.Row;
                if (check.Fault(mayBeUnsigned: false) is { } fault)
                {
                    Fault($"{fault}: the event {row.EventId}, which has no leaf");
                }
                else if (ulong.Parse(row.Xid, CultureInfo.InvariantCulture) < horizon || row.EventTime < now - patience)
                {
                    Fault($"missing: the leaf of the event {row.EventId} is gone, or was never made");
                }
                else
                {
                    Waiting++;
                    NoteRetirement(check);
                }
            }

            if (page.Count < PageSize)
            {
                return;
            }

            after = page[^1].EventId;
        }
    }

    /// <summary>Leaves whose events are good and which are those of others: they changed places.</summary>
    private void CheckSwapped()
    {
        var places = swapped.GroupBy(leaf => Convert.ToHexString(leaf.Stored))
            .ToDictionary(group => group.Key, group => group.First().Leaf);
        foreach (var (leaf, eventId, hash, _) in swapped)
        {
            if (places.TryGetValue(Convert.ToHexString(hash), out var place))
            {
                Fault($"reordered: the event {eventId} is at leaf {leaf}, and its hash is at leaf {place}");
            }
            else
            {
                Fault($"changed: the hash of leaf {leaf} is not that of its event {eventId}, which is as it was signed");
            }
        }
    }
}
