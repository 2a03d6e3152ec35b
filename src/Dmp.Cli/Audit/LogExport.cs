using System.Data;
using System.Globalization;
using Dmp.Audit.V1;
using Dmp.Proofs;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace Dmp.Cli.Audit;

/// <summary>Writes the log up to its newest checkpoint, a page at a time, as one moment of the database shows it.</summary>
internal sealed class LogExport(NpgsqlConnection connection, long fromSize, bool withInternals)
{
    // An event of a large search is some 100 kB as a line.
    private const int PageSize = 500;

    private HashSet<DateOnly> months = [];
    private long leaves;
    private long checkpoints;

    public async Task<(long Size, long Leaves)> RunAsync(TextWriter output, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        months = [.. (await Trace.TraceSql.MonthsAsync(connection, ct)).Select(month => month.Month)];
        var newest = await LogSql.FindCheckpointAsync(connection, first: false, ct)
            ?? throw new RefusedException(
                "The log has no checkpoint: no server has signed in it yet, or they were deleted (see dmp audit verify).");
        if (fromSize > newest.TreeSize)
        {
            throw new RefusedException(string.Create(
                CultureInfo.InvariantCulture, $"The newest checkpoint is of size {newest.TreeSize}; --from-size is at most that."));
        }

        await WriteAsync(output, new LogExportLine { Log = await HeaderAsync(newest, ct) }, ct);
        if (fromSize == 0)
        {
            await WriteAsync(output, await LogSql.ListCheckpointsAsync(connection, 0, 0, ct), ct);
        }

        await WriteLeavesAsync(output, newest.TreeSize, ct);
        await WriteAsync(output, new LogExportLine { End = new LogExportEnd { LeafCount = leaves, CheckpointCount = checkpoints } }, ct);
        await output.FlushAsync(ct);
        return (newest.TreeSize, leaves);
    }

    private async Task<LogExportHeader> HeaderAsync(LogCheckpointRow newest, CancellationToken ct)
    {
        LogExportHeader header = new()
        {
            Checkpoint = ToMessage(newest),
            FirstCheckpoint = (await LogSql.FindCheckpointAsync(connection, first: true, ct))?.Note ?? "",
            Vkeys = { await LogSql.ListKeysAsync(connection, ct) },
            FromSize = fromSize,
            WithInternals = withInternals,
        };
        if (fromSize > 0)
        {
            header.FromCheckpoint = (await LogSql.ListCheckpointsAsync(connection, fromSize, fromSize, ct)).FirstOrDefault()?.Note ?? "";
            foreach (var node in TreeProof.Whole(0, fromSize))
            {
                header.Edge.Add(ByteString.CopyFrom(await LogSql.FindRootAsync(connection, node, ct)
                    ?? throw new RefusedException("The log has holes before --from-size: export all of it, and see dmp audit verify.")));
            }
        }

        return header;
    }

    private async Task WriteLeavesAsync(TextWriter output, long size, CancellationToken ct)
    {
        for (var next = fromSize; next < size;)
        {
            var page = (await LogSql.ListLeavesAsync(connection, next, PageSize, ct)).TakeWhile(row => row.LeafIndex < size).ToArray();
            if (page.Length == 0)
            {
                // Leaves are gone; the verification tells so.
                return;
            }

            var lines = new string[page.Length];
            Parallel.For(0, page.Length, new ParallelOptions { CancellationToken = ct }, i => lines[i] = TraceVerifier.ToLine(
                new LogExportLine { Leaf = Leaf(page[i]) }));

            // As many as there are leaves at most, but for forged ones where leaves are gone.
            var states = new Queue<LogCheckpointRow>(await LogSql.ListCheckpointsAsync(connection, next + 1, page[^1].LeafIndex + 1, ct));
            for (var i = 0; i < page.Length; i++)
            {
                await output.WriteLineAsync(lines[i].AsMemory(), ct);
                var behind = i + 1 < page.Length ? page[i + 1].LeafIndex : page[^1].LeafIndex + 1;
                while (states.TryPeek(out var state) && state.TreeSize <= behind)
                {
                    await WriteAsync(output, [states.Dequeue()], ct);
                }
            }

            leaves += page.Length;
            next = page[^1].LeafIndex + 1;
        }
    }

    private LogExportLeaf Leaf(LogRow row)
    {
        LogExportLeaf leaf = new() { LeafIndex = row.LeafIndex, LeafHash = ByteString.CopyFrom(row.LeafHash) };
        if (row.IsThere)
        {
            leaf.Event = Event(row);
            return leaf;
        }

        var month = Retirement.MonthOf(row.LeafEventId);
        leaf.Month = month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        leaf.EventId = Retirement.IsGone(month, months) ? "" : row.LeafEventId.ToString();
        return leaf;
    }

    private ProvenEvent Event(LogRow row)
    {
        // What no server wrote cannot be shown in parts; its id and signature can.
        var tree = EventCheck.TreeOf(row);
        ProvenEvent proven = new()
        {
            EventId = row.EventId.ToString(),
            Root = ByteString.CopyFrom(row.Root ?? tree?.Root ?? []),
            Signature = ByteString.CopyFrom(row.Signature ?? []),
            KeyId = row.SigningKey ?? "",
        };
        if (tree is not null)
        {
            IEnumerable<EventPart> parts = withInternals ? [tree.Core, tree.Review, tree.Internals] : [tree.Core, tree.Review];
            parts = parts.Concat(Enumerable.Range(0, row.DocumentIds.Length).Select(tree.Document).OrderBy(part => part.Slot));
            proven.Parts.AddRange(parts.Select(EventParts.ToMessage));
        }

        return proven;
    }

    private async Task WriteAsync(TextWriter output, IEnumerable<LogCheckpointRow> rows, CancellationToken ct)
    {
        foreach (var row in rows)
        {
            await WriteAsync(output, new LogExportLine { Checkpoint = ToMessage(row) }, ct);
            checkpoints++;
        }
    }

    private static Task WriteAsync(TextWriter output, LogExportLine line, CancellationToken ct) =>
        output.WriteLineAsync(TraceVerifier.ToLine(line).AsMemory(), ct);

    private static TraceCheckpoint ToMessage(LogCheckpointRow row) => new()
    {
        Note = row.Note,
        TreeSize = row.TreeSize,
        Root = ByteString.CopyFrom(row.Root),
        CreateTime = row.CreateTime is { } time ? Timestamp.FromDateTime(DateTime.SpecifyKind(time, DateTimeKind.Utc)) : null,
    };
}
