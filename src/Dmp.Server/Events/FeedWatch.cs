using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Logging;
using Dmp.Server.Records;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>
/// Looks at new changes once for all subscribers of this server, and wakes those whom one may concern: a change costs the database nothing
/// for the others (ADR 0038). What a change is to a subscriber is decided by <see cref="EventFeed"/>, as for every other reader.
/// </summary>
internal sealed class FeedWatch(Database database, ChangeListener listener, TimeProvider time, ILogger<FeedWatch> logger)
    : BackgroundService
{
    /// <summary>A notification may be lost with its connection; and a matrix comes into force by time alone.</summary>
    private static readonly TimeSpan lookAgain = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Signal entered = new();
    private readonly Dictionary<string, Name> names = new(StringComparer.Ordinal);

    // Everything up to here was looked at, for each watcher from where it began.
    private long to;
    private Guid? matrixId;
    private bool isWatching;

    /// <summary>Everything up to here was looked at.</summary>
    public long Position
    {
        get
        {
            lock (gate)
            {
                return to;
            }
        }
    }

    /// <summary>Begins to watch for a caller, until it is disposed of.</summary>
    public Watcher Enter(Caller caller)
    {
        Watcher watcher;
        lock (gate)
        {
            List<Name> own = [];
            foreach (var text in NamesOf(caller))
            {
                if (!names.TryGetValue(text, out var name))
                {
                    names[text] = name = new Name(text);
                }

                own.Add(name);
            }

            watcher = new Watcher(this, own) { Since = to };
            own.ForEach(name => name.Watchers.Add(watcher));
        }

        entered.Set();
        return watcher;
    }

    private long? Pass(Watcher watcher, long position)
    {
        lock (gate)
        {
            if (watcher.MustRead || !isWatching || position < watcher.Since || watcher.Names.Any(name => name.Last > position))
            {
                watcher.MustRead = false;
                return null;
            }

            return Math.Max(position, to);
        }
    }

    private void Leave(Watcher watcher)
    {
        lock (gate)
        {
            foreach (var name in watcher.Names)
            {
                name.Watchers.Remove(watcher);
                if (name.Watchers.Count == 0)
                {
                    names.Remove(name.Text);
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var (someone, changed) = (entered.Next, listener.Changed.Next);
                if (!IsNeeded())
                {
                    await someone.WaitAsync(stoppingToken);
                    continue;
                }

                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException)
                {
                    // Nobody is passed over: what was not looked at is behind the last position. Readers look at their heartbeats too.
                    ServerLog.WatchingFailed(logger, failure);
                }

                await Signal.WaitAsync(changed, lookAgain, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>Without subscribers nothing is looked at, and what was is forgotten.</summary>
    private bool IsNeeded()
    {
        lock (gate)
        {
            isWatching &= names.Count > 0;
            return names.Count > 0;
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        bool isAtEnd;
        do
        {
            // A beginner starts at the end of all there is: those who are behind read by themselves.
            var after = isWatching ? to : long.MaxValue;
            var rows = await database.InBatchesAsync(
                connection => FeedWatchSql.FindAsync(connection, after, time.GetUtcNow(), ct), ct);
            isAtEnd = rows[0].EndPosition == rows[0].LastPosition;
            Note(rows);
        }
        while (!isAtEnd);
    }

    private void Note(List<ConcernedRow> rows)
    {
        var end = rows[0].EndPosition;
        List<Watcher> concerned = [];
        lock (gate)
        {
            // Another matrix changes what everybody sees; a database that is behind was restored: each reader is told by its own read.
            if (!isWatching || end < to || rows[0].MatrixId != matrixId)
            {
                foreach (var name in names.Values)
                {
                    name.Last = 0;
                    name.Watchers.ForEach(watcher => (watcher.Since, watcher.MustRead) = (end, true));
                    concerned.AddRange(name.Watchers);
                }
            }
            else
            {
                foreach (var row in rows)
                {
                    if (row.Name is not null && names.TryGetValue(row.Name, out var name))
                    {
                        name.Last = row.Position;
                        concerned.AddRange(name.Watchers);
                    }
                }
            }

            (to, matrixId, isWatching) = (end, rows[0].MatrixId, true);

            // Whoever sees how far was looked finds those woken whom it concerns; they go on outside of the lock.
            concerned.ForEach(watcher => watcher.Wake());
        }
    }

    /// <summary>The names under which a change may concern a caller; those of <see cref="FeedWatchSql"/>.</summary>
    private static string[] NamesOf(Caller caller)
    {
        List<string> names = [];
        if (caller.Kind.IsPerson)
        {
            names.AddRange(
                from number in FeedSql.InsOf(caller) from system in IdentityRules.InsSystems select $"ins|{system}|{number}");
            names.Add($"delegate|{caller.Subject}");
        }
        else
        {
            if (caller.ProfessionalId is { } professionalId)
            {
                names.Add($"1|{professionalId}");
            }

            if (caller.StructureId is { } structureId)
            {
                names.Add($"2|{structureId}");
                if (caller.Kind == CallerKind.Structure)
                {
                    names.Add($"deposits|{structureId}");
                }
            }
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>A name under which changes may concern somebody, and the last one that may.</summary>
    internal sealed class Name(string text)
    {
        public string Text => text;

        public List<Watcher> Watchers { get; } = [];

        public long Last { get; set; }
    }

    /// <summary>A subscriber that waits.</summary>
    internal sealed class Watcher(FeedWatch watch, IReadOnlyList<Name> names) : IDisposable
    {
        private readonly Signal woken = new();

        public IReadOnlyList<Name> Names => names;

        /// <summary>Its names were looked for from here on.</summary>
        public long Since { get; set; }

        /// <summary>What everybody sees may have changed: the next look is at the database.</summary>
        public bool MustRead { get; set; }

        /// <summary>Ends when a change may concern this one.</summary>
        public Task Concerned => woken.Next;

        /// <summary>
        /// How far somebody who has read up to a position can go without reading: nothing up to there concerns it. Null when something may,
        /// or when nobody looked. Take <see cref="Concerned"/> first.
        /// </summary>
        public long? Pass(long position) => watch.Pass(this, position);

        public void Wake() => woken.Set();

        public void Dispose() => watch.Leave(this);
    }
}
