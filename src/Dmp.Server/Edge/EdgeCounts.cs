using System.Diagnostics.Metrics;

namespace Dmp.Server.Edge;

/// <summary>
/// How often the limits of the edge were met: counters without labels (meter <c>Dmp.Edge</c>), and a warning with the number at most once
/// in a minute, because whoever floods the server must not flood its log.
/// </summary>
internal sealed class EdgeCounts(IMeterFactory meters, TimeProvider time, ILogger<EdgeCounts> logger)
{
    public const string MeterName = "Dmp.Edge";

    private readonly Tally held = Create(
        meters, time, "dmp.edge.connections.held", "New connections that waited, because their address had sent too much of nobody.",
        count => EdgeLog.ConnectionsHeld(logger, count));

    private readonly Tally displaced = Create(
        meters, time, "dmp.edge.connections.displaced", "Connections of nobody that were closed for newer ones of their address.",
        count => EdgeLog.ConnectionsDisplaced(logger, count));

    private readonly Tally closed = Create(
        meters, time, "dmp.edge.connections.closed", "Connections that were closed for calls that lead to nothing.",
        count => EdgeLog.ConnectionsClosed(logger, count));

    private readonly Tally refused = Create(
        meters, time, "dmp.edge.calls.refused", "Calls and streams that were refused, because their caller had too many.",
        count => EdgeLog.CallsRefused(logger, count));

    public void ConnectionHeld() => held.Add();

    public void ConnectionDisplaced() => displaced.Add();

    public void ConnectionClosed() => closed.Add();

    public void CallRefused() => refused.Add();

    private static Tally Create(IMeterFactory meters, TimeProvider time, string name, string description, Action<long> tell) =>
        new(meters.Create(MeterName).CreateCounter<long>(name, description: description), time, tell);

    /// <summary>Tells of the first at once, and then of those since at most once in a minute.</summary>
    private sealed class Tally(Counter<long> counter, TimeProvider time, Action<long> tell)
    {
        private static readonly TimeSpan quiet = TimeSpan.FromMinutes(1);

        private readonly Lock gate = new();
        private long? toldTime;
        private long untold;

        public void Add()
        {
            counter.Add(1);
            long count;
            lock (gate)
            {
                untold++;
                if (toldTime is { } told && time.GetElapsedTime(told) < quiet)
                {
                    return;
                }

                (count, untold, toldTime) = (untold, 0, time.GetTimestamp());
            }

            tell(count);
        }
    }
}
