using System.Diagnostics.Metrics;
using Dmp.Facts.V1;

namespace Dmp.Server.Facts;

/// <summary>How the reading of documents gets on (meter <c>Dmp.Facts</c>).</summary>
internal sealed class FactCounts
{
    public const string MeterName = "Dmp.Facts";

    private readonly Counter<long> read;
    private readonly Gauge<double> lag;

    public FactCounts(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        read = meter.CreateCounter<long>("dmp.facts.documents", description: "Versions that were read for what they state, by state.");
        lag = meter.CreateGauge<double>(
            "dmp.facts.lag", "s", "How long the version had waited that this server took last of a queue; 0 when nothing waits there.");
    }

    public void Finished(DocumentFactsState state) => read.Add(1, new KeyValuePair<string, object?>("state", state.ToString()));

    public void Lag(FactQueue queue, TimeSpan waited) =>
        lag.Record(Math.Max(0, waited.TotalSeconds), new KeyValuePair<string, object?>("queue", queue.ToString()));
}
