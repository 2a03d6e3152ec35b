using System.Globalization;
using System.Threading.Channels;
using Dmp.Proofs;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>
/// Puts committed events into the log, in the order in which their transactions committed, and signs its states. Any server does it,
/// one at a time. No event is skipped: what is looked for begins at the horizon, below which every transaction had ended when
/// the last checkpoint was made, and what has a leaf is left out. A step looks at so many events and no more, however many wait.
/// </summary>
internal sealed class TraceSequencer(
    Database database,
    TraceKeys keys,
    RollbackGuard guard,
    IOptions<AuditOptions> options,
    TimeProvider time,
    ILogger<TraceSequencer> logger) : BackgroundService
{
    /// <summary>Most events looked at in one transaction, and so most leaves of it.</summary>
    public const int BatchMax = 10_000;

    private static readonly TimeSpan period = TimeSpan.FromSeconds(1);

    // Calls that end together share a transaction of the log, which must not take the machine from the calls.
    private static readonly TimeSpan gathering = TimeSpan.FromMilliseconds(200);

    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TraceSearch search = new(time);
    private bool keysAreKnown;

    // When the log was last seen to be the one that was signed, and its size then.
    private DateTimeOffset goodTime = DateTimeOffset.MinValue;
    private long goodSize;

    /// <summary>Why the log stands still; null while it goes on.</summary>
    public string? Refusal { get; private set; }

    /// <summary>An event was written. Costs nothing, and may come too early or not at all.</summary>
    public void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Brings the log up to date. Returns how many leaves were added.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var added = 0;
        try
        {
            Round? round = null;
            do
            {
                var left = round?.Left;
                round = await database.InBatchesAsync(connection => StepAsync(connection, left, ct), ct);
                added += round?.Added ?? 0;
            }
            while (round is { Left: not null });
        }
        catch (Exception)
        {
            // What was committed is not known, and the next connection may lead to another database.
            search.Forget();
            throw;
        }

        return added;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = gathering;
        Task<bool>? woken = null;
        try
        {
            while (true)
            {
                try
                {
                    await RunAsync(stoppingToken);
                    pause = gathering;
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    // A database that restarts must not end this for the life of the process.
                    TraceLog.Failed(logger, failure);
                    pause = TimeSpan.FromSeconds(Math.Clamp(pause.TotalSeconds * 2, 1, 16));
                }

                woken ??= wake.Reader.WaitToReadAsync(stoppingToken).AsTask();
                if (await Task.WhenAny(woken, Task.Delay(period, stoppingToken)) == woken)
                {
                    wake.Reader.TryRead(out _);
                    woken = null;
                }

                await Task.Delay(pause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>One transaction; null when there is nothing to do here.</summary>
    private async Task<Round?> StepAsync(NpgsqlConnection connection, TracePass? left, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await TraceLogSql.TryLockAsync(connection, ct))
        {
            return null;
        }

        // A statement of its own after the lock: it sees what the holder before has committed.
        await RowScope.Sequencer.ApplyAsync(connection, ct);
        var state = await TraceLogSql.StateAsync(connection, ct);

        // The roots are computed again now and then and before each signature, and not each time that leaves are added in between.
        var isGuarded = time.GetUtcNow() - goodTime >= options.Value.CheckpointInterval || state.Size < goodSize || Refusal is not null;
        if (isGuarded && !Notice(await guard.RefusalAsync(connection, state, ct)))
        {
            return null;
        }

        if (state.Size < goodSize)
        {
            search.Forget();
        }

        await TraceLogSql.ReadInIndexOrderAsync(connection, ct);
        var pass = left ?? search.Begin(state, mustBeWhole: false);
        var looked = await TraceLogSql.ListWaitingAsync(connection, pass, BatchMax, ct);
        var isFull = looked.Count == BatchMax;
        var waiting = looked.FindAll(e => !e.IsLogged);
        var tree = await OpenTreeAsync(connection, state.Size, ct);
        if (waiting.Count > 0)
        {
            await AppendAsync(connection, tree, waiting, ct);
        }

        // Before anything is signed, all months are looked at: in a step of its own, when this one was not whole.
        var mustLookAgain = !isFull && !pass.IsWhole && IsCheckpointDue(state, tree.Size, isFull);
        var isDue = !mustLookAgain && IsCheckpointDue(state, tree.Size, isFull);
        if (isDue && !isGuarded && !Notice(await guard.RefusalAsync(connection, state, ct)))
        {
            return null;
        }

        var note = isDue ? await SignAsync(connection, state.Checkpoint, tree, isFull ? state.Horizon : pass.Horizon, ct) : null;
        await transaction.CommitAsync(CancellationToken.None);
        (goodTime, goodSize) = (isGuarded || isDue ? time.GetUtcNow() : goodTime, tree.Size);
        keysAreKnown |= note is not null;
        if ((note ?? state.Checkpoint?.Note) is { } known)
        {
            guard.Remember(known);
        }

        if (isFull)
        {
            return new Round(waiting.Count, pass.Behind(looked[^1]));
        }

        search.Complete(pass);
        return new Round(waiting.Count, mustLookAgain ? search.Begin(state, mustBeWhole: true) : null);
    }

    /// <summary>
    /// The first checkpoint waits until every event of before the log is in it: only below its size may events be unsigned.
    /// </summary>
    private bool IsCheckpointDue(TraceLogState state, long size, bool isFull) => state.Checkpoint is { } last
        ? size > last.TreeSize && (isFull || time.GetUtcNow() - last.CreateTime >= options.Value.CheckpointInterval)
        : !isFull;

    private bool Notice(string? refusal)
    {
        if (refusal is not null && !string.Equals(refusal, Refusal, StringComparison.Ordinal))
        {
            TraceLog.Refused(logger, refusal);
        }
        else if (refusal is null && Refusal is not null)
        {
            TraceLog.Resumed(logger);
        }

        Refusal = refusal;
        return refusal is null;
    }

    private static async Task<TreeBuilder> OpenTreeAsync(NpgsqlConnection connection, long size, CancellationToken ct) =>
        new(size, await TraceTree.ReadAsync(connection, TreeProof.Whole(0, size), ct));

    private async Task AppendAsync(NpgsqlConnection connection, TreeBuilder tree, List<WaitingEvent> waiting, CancellationToken ct)
    {
        var uncommitted = waiting.FindAll(e => e.Root is null).Select(e => e.EventId).ToArray();
        var rows = uncommitted.Length == 0
            ? []
            : (await TraceLogSql.ListWholeAsync(connection, uncommitted, ct)).ToDictionary(row => row.EventId);
        var first = tree.Size;
        List<(TreeNode Node, byte[] Hash)> completed = [];
        var hashes = waiting.Select(e => TreeHash.Leaf(e.Root ?? RootOf(rows[e.EventId]))).ToArray();
        foreach (var hash in hashes)
        {
            tree.Append(hash, (node, nodeHash) => completed.Add((node, nodeHash)));
        }

        await TraceLogSql.AddLeavesAsync(
            connection,
            [.. waiting.Select((_, i) => first + i)],
            [.. waiting.Select(e => e.EventId)],
            hashes,
            [.. waiting.Select(e => e.Xid)],
            ct);
        if (completed.Count > 0)
        {
            await TraceLogSql.AddNodesAsync(
                connection,
                [.. completed.Select(node => (short)node.Node.Level)],
                [.. completed.Select(node => node.Node.Index)],
                [.. completed.Select(node => node.Hash)],
                ct);
        }
    }

    private async Task<string> SignAsync(
        NpgsqlConnection connection, CheckpointRow? last, TreeBuilder tree, ulong horizon, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (!keysAreKnown)
        {
            foreach (var key in keys.Signers)
            {
                await TraceLogSql.AddKeyAsync(connection, key.Verifier, now, ct);
            }

        }

        var root = tree.Root();

        // Counted, so that none can be taken away from among the others; those of before they were counted too.
        var number = 1 + (last is null ? 0 : Checkpoint.Parse(last.Note).Number ?? await TraceLogSql.CountCheckpointsAsync(connection, ct));
        var note = Checkpoint.Sign(keys.Origin, tree.Size, root, keys.Signers, number);
        await TraceLogSql.AddCheckpointAsync(
            connection,
            new CheckpointRow
            {
                TreeSize = tree.Size,
                Root = root,
                Note = note,
                CreateTime = now,
                Horizon = horizon.ToString(CultureInfo.InvariantCulture),
            },
            ct);
        return note;
    }

    /// <summary>An event that somebody wrote so that it cannot even be read must not stop the log for all others.</summary>
    private byte[] RootOf(AuditEventRow row)
    {
        try
        {
            return EventContent.TreeOf(row).Root;
        }
        catch (Exception fault) when (fault is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            TraceLog.EventUnreadable(logger, fault, row.EventId);
            return TreeHash.Empty;
        }
    }

    private sealed record Round(int Added, TracePass? Left);
}
