namespace Dmp.Server.Audit;

/// <summary>Transactions to look at, from a place in the order of transactions and events on.</summary>
internal readonly record struct XidRange(ulong AfterXid, Guid AfterEventId, ulong Until);

/// <summary>One search for events without a leaf: what is left of it, and what there was when it began.</summary>
internal sealed record TracePass
{
    public required TraceLogState Begin { get; init; }

    public required IReadOnlyList<XidRange> Ranges { get; init; }

    /// <summary>The least id that is looked for: empty where all months are.</summary>
    public required Guid FirstId { get; init; }

    /// <summary>When nothing is left of the search, every event of a transaction below has its leaf.</summary>
    public required ulong Horizon { get; init; }

    public bool IsWhole => FirstId == Guid.Empty;

    /// <summary>The same behind an event, the last one that was looked at.</summary>
    public TracePass Behind(WaitingEvent last) => this with
    {
        Ranges = [Ranges[last.Range] with { AfterXid = last.XidNumber, AfterEventId = last.EventId }, .. Ranges.Skip(last.Range + 1)],
    };
}

/// <summary>
/// Where events without a leaf can be. A search leaves none behind among those that it saw, so the next one looks at transactions that were
/// running when the last one began, and at those that came later: a transaction that runs for hours makes nobody read the events of hours
/// again. Most searches look at the ids of about now; before a signature, and every few seconds, one looks at all months, for events of
/// wrong clocks. What is remembered here only saves work; without it a search begins at the horizon of the last checkpoint.
/// </summary>
internal sealed class TraceSearch(TimeProvider time)
{
    private static readonly TimeSpan wholePeriod = TimeSpan.FromSeconds(10);

    // Longer than any transaction of a server.
    private static readonly TimeSpan recent = TimeSpan.FromDays(1);

    // Replaced as a whole: whoever searches beside reads one or the other.
    private volatile Seen? seen;

    /// <summary>Another database may be behind the same connections.</summary>
    public void Forget() => seen = null;

    /// <summary>A new search. One that <paramref name="mustBeWhole"/> looks at all months: before a state is signed, which says that none
    /// is missing.</summary>
    public TracePass Begin(TraceLogState state, bool mustBeWhole)
    {
        var isCountedAnew = state.Horizon > state.Next;
        var horizon = isCountedAnew ? 0 : state.Horizon;
        if (this.seen is not { } seen || seen.Recent.Next > state.Next)
        {
            // A dump that was restored where transactions are counted anew: what had no leaf was not below the horizon, by the old count,
            // and what was written since is below the next number of the new one. Nothing else is looked at, however long the trace is.
            return new TracePass
            {
                Begin = state,
                Ranges = isCountedAnew ? [From(state.Horizon, ulong.MaxValue), From(0, state.Next)] : [From(state.Horizon, state.Next)],
                FirstId = Guid.Empty,
                Horizon = Math.Max(horizon, state.OldestRunning),
            };
        }

        var now = time.GetUtcNow();
        var isWhole = mustBeWhole || now - seen.WholeTime >= wholePeriod;
        return new TracePass
        {
            Begin = state,
            Ranges = Since(isWhole ? seen.Whole : seen.Recent, state.Next),
            FirstId = isWhole ? Guid.Empty : EventIds.Least(now - recent),
            Horizon = Math.Max(horizon, isWhole ? state.OldestRunning : seen.Whole.OldestRunning),
        };
    }

    /// <summary>Nothing of the search is left, and its leaves are committed.</summary>
    public void Complete(TracePass pass)
    {
        if (pass.IsWhole)
        {
            this.seen = new Seen(pass.Begin, pass.Begin, time.GetUtcNow());
        }
        else if (this.seen is { } seen)
        {
            this.seen = seen with { Recent = pass.Begin };
        }
    }

    private static XidRange From(ulong xid, ulong until) => new(xid, Guid.Empty, until);

    private static List<XidRange> Since(TraceLogState seen, ulong until) =>
        [.. seen.Running.Order().Select(xid => From(xid, xid + 1)), From(seen.Next, until)];

    /// <summary>The begins of the last searches that ended: among recent ids, and in all months.</summary>
    private sealed record Seen(TraceLogState Recent, TraceLogState Whole, DateTimeOffset WholeTime);
}
