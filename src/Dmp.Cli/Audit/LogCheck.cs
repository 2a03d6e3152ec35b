using System.Globalization;
using Dmp.Proofs;
using Npgsql;

namespace Dmp.Cli.Audit;

/// <summary>
/// Checks a whole database: every event against its signature, its leaf, the stored nodes and every signed checkpoint. One pass in the
/// order of leaves, a page at a time. The tree is built twice, from the leaves as stored and from what the signed rows say they must
/// be, so that a change on one side does not hide what is right on the other.
/// </summary>
internal sealed partial class LogCheck(NpgsqlConnection connection, IReadOnlyList<NoteVerifier> keys, Checkpoint? kept, TextWriter output)
{
    private const int PageSize = 2000;
    private const int RangeEventsMax = 20;
    private const int SwappedMax = 10_000;

    // Longer than a server that works takes from an event to its checkpoint.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(5);

    private readonly TreeBuilder stored = new();
    private readonly TreeBuilder credible = new();
    private readonly Retirement retirement = new();
    private readonly CheckpointOrder order = new(0);
    private readonly List<(long Leaf, Guid EventId, byte[] Hash, byte[] Stored)> swapped = [];
    private readonly List<(long Leaf, Guid EventId)> range = [];
    private HashSet<DateOnly> months = [];
    private DateTime now;
    private string? origin;
    private long firstSize;
    private long goodSize;
    private bool isBroken;
    private bool hasHoles;
    private long uncheckable;
    private DateTimeOffset? oldestUncovered;

    public long Faults { get; private set; }

    public long Events { get; private set; }

    public long Waiting { get; private set; }

    public long Retired { get; private set; }

    public long Checkpoints { get; private set; }

    /// <summary>The number of leaves, those that are missing counted.</summary>
    public long Size { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        now = await LogSql.NowAsync(connection, ct);
        months = [.. (await Trace.TraceSql.MonthsAsync(connection, ct)).Select(month => month.Month)];
        var first = await LogSql.FindCheckpointAsync(connection, first: true, ct);
        var last = await LogSql.FindCheckpointAsync(connection, first: false, ct);
        firstSize = first is not null && Read(first, isTold: false) is { Number: null or 1 } begin
            ? Math.Min(begin.Size, kept?.Size ?? begin.Size)
            : 0;
        await CheckCheckpointsAsync([], 0, 0, ct);
        await CheckLeavesAsync(last?.TreeSize ?? -1, ct);
        await CheckEndAsync(last, ct);
        await CheckWithoutLeafAsync(last?.HorizonXid ?? 0, ct);
        CheckSwapped();
        Retired = retirement.Finish(fault => Fault($"missing: {fault}"));
        if (uncheckable > 0)
        {
            await SayAsync($"note: {uncheckable} later checkpoints cannot be compared until the log before them is right");
        }
    }

    private async Task CheckLeavesAsync(long covered, CancellationToken ct)
    {
        var next = 0L;
        while (true)
        {
            var page = (await LogSql.ListLeavesAsync(connection, next, PageSize, ct)).ToArray();
            if (page.Length == 0)
            {
                return;
            }

            var checks = new EventCheck[page.Length];
            Parallel.For(0, page.Length, new ParallelOptions { CancellationToken = ct }, i => checks[i] = EventCheck.Of(page[i], keys));
            await CheckCheckpointsAsync(checks, next + 1, page[^1].LeafIndex + 1, ct);
            next = page[^1].LeafIndex + 1;
            oldestUncovered ??= checks.FirstOrDefault(check => check.Row.LeafIndex >= covered)?.Row.EventTime;
        }
    }

    /// <summary>Goes through a page of leaves, and stops at each checkpoint in it.</summary>
    private async Task CheckCheckpointsAsync(EventCheck[] checks, long from, long to, CancellationToken ct)
    {
        var rows = (await LogSql.ListCheckpointsAsync(connection, from, to, ct)).ToList();
        var states = rows.Select(ReadNext).OfType<Checkpoint>().Concat(
            kept is not null && kept.Size >= from && kept.Size <= to ? [kept] : [])
            .OrderBy(state => state.Size).ToList();
        Checkpoints += rows.Count;
        List<(TreeNode Node, byte[] Stored, byte[] Credible)> nodes = [];
        var next = 0;
        foreach (var check in checks)
        {
            next = Compare(states, next);
            Append(check, nodes);
        }

        next = Compare(states, next);
        uncheckable += states.Count - next;
        await CheckNodesAsync(nodes, ct);
    }

    private void Append(EventCheck check, List<(TreeNode Node, byte[] Stored, byte[] Credible)> nodes)
    {
        var row = check.Row;
        if (row.LeafIndex > Size)
        {
            Fault($"missing: the leaves {Size} to {row.LeafIndex - 1} are gone");
            (isBroken, hasHoles) = (true, true);
        }

        Size = row.LeafIndex + 1;

        CheckEvent(check);
        if (range.Count <= RangeEventsMax)
        {
            range.Add((row.LeafIndex, row.LeafEventId));
        }

        List<(TreeNode Node, byte[] Hash)> stored = [];
        this.stored.Append(row.LeafHash, (node, hash) => stored.Add((node, hash)));
        var i = 0;
        credible.Append(check.CredibleLeaf, (node, hash) => nodes.Add((node, stored[i++].Hash, hash)));
    }

    private void CheckEvent(EventCheck check)
    {
        var row = check.Row;
        if (!row.IsThere)
        {
            var month = Retirement.MonthOf(row.LeafEventId);
            if (!Retirement.IsGone(month, months))
            {
                Fault($"missing: the event {row.LeafEventId} (leaf {row.LeafIndex}) was deleted");
            }
            else if (!retirement.TryAddAbsent(month))
            {
                Fault(
                    $"missing: the event {row.LeafEventId} (leaf {row.LeafIndex}) was deleted: its leaf stands behind events that are "
                    + "newer than its month");
            }

            return;
        }

        Events++;
        var isOfBefore = row.LeafIndex < firstSize && row.LeafXid == "0";
        if (check.Fault(isOfBefore) is { } fault)
        {
            Fault($"{fault}: the event {row.EventId} (leaf {row.LeafIndex})");
        }
        else if (!check.IsLeafOfRow && swapped.Count < SwappedMax)
        {
            swapped.Add((row.LeafIndex, row.EventId, check.CredibleLeaf, row.LeafHash));
        }

        if (row.Xid != row.LeafXid)
        {
            Fault($"changed: the transaction of the event {row.EventId} (leaf {row.LeafIndex}) is not that of its leaf");
        }

        NoteRetirement(check);
    }

    private void NoteRetirement(EventCheck check)
    {
        if (check.Signed == EventSigned.AsItStands)
        {
            retirement.See(check.Row.Method, check.Row.Justification, check.Row.EventTime);
        }
    }

    private int Compare(List<Checkpoint> states, int next)
    {
        for (; next < states.Count && states[next].Size == stored.Size; next++)
        {
            var root = states[next].Root.Span;
            if (root.SequenceEqual(stored.Root()) || root.SequenceEqual(credible.Root()))
            {
                goodSize = stored.Size;
                range.Clear();
            }
            else if (isBroken)
            {
                uncheckable++;
            }
            else
            {
                isBroken = true;
                var named = string.Join(", ", range.Take(RangeEventsMax).Select(leaf => Text($"{leaf.EventId} (leaf {leaf.Leaf})")));
                var what = ReferenceEquals(states[next], kept) ? "the checkpoint that was kept" : "the signed checkpoint";
                Fault(
                    $"reordered, changed or replaced: the leaves {goodSize} to {stored.Size - 1} are not those of {what} "
                    + $"of size {stored.Size}; "
                    + $"their events are {named}{(range.Count > RangeEventsMax ? ", ..." : "")}");
            }
        }

        return next;
    }

    private async Task CheckNodesAsync(List<(TreeNode Node, byte[] Stored, byte[] Credible)> nodes, CancellationToken ct)
    {
        if (nodes.Count == 0 || hasHoles)
        {
            return;
        }

        var rows = (await LogSql.ListNodesAsync(
            connection, [.. nodes.Select(node => (short)node.Node.Level)], [.. nodes.Select(node => node.Node.Index)], ct))
            .ToDictionary(row => new TreeNode(row.Level, row.NodeIndex), row => row.Hash);
        foreach (var (node, stored, credible) in nodes)
        {
            if (!rows.TryGetValue(node, out var hash))
            {
                Fault($"missing: the node {node.Index} of level {node.Level}, over the leaves {node.Begin} to {node.End - 1}, is gone");
            }
            else if (!hash.AsSpan().SequenceEqual(stored) && !hash.AsSpan().SequenceEqual(credible))
            {
                Fault($"changed: the node {node.Index} of level {node.Level} is not that of the leaves {node.Begin} to {node.End - 1}");
            }
        }
    }

    private Checkpoint? ReadNext(LogCheckpointRow row)
    {
        var checkpoint = Read(row);
        if (checkpoint is null)
        {
            order.Skip();
        }
        else if (order.Next(checkpoint) is { } fault)
        {
            Fault($"missing or moved: {fault}");
        }

        return checkpoint;
    }

    /// <summary>The checkpoint of a row, when its note is signed and the row says the same.</summary>
    private Checkpoint? Read(LogCheckpointRow row, bool isTold = true)
    {
        try
        {
            var checkpoint = Checkpoint.Parse(row.Note);
            origin ??= keys[0].Name;
            if (checkpoint.IsSignedBy(keys) && string.Equals(checkpoint.Origin, origin, StringComparison.Ordinal))
            {
                if (checkpoint.Size == row.TreeSize && checkpoint.Root.Span.SequenceEqual(row.Root))
                {
                    return checkpoint;
                }

                return Told($"changed: the checkpoint of size {row.TreeSize} is not what its signed note says");
            }
        }
        catch (FormatException)
        {
            // Told below: what is no note is not signed either.
        }

        return Told($"forged: the checkpoint of size {row.TreeSize} is not signed by a trusted key");

        Checkpoint? Told(string fault)
        {
            if (isTold)
            {
                Fault(fault);
            }

            return null;
        }
    }

    private void Fault(string text)
    {
        Faults++;
        output.WriteLine(text);
    }

    private Task SayAsync(FormattableString text) => output.WriteLineAsync(Text(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
