using System.Diagnostics.Metrics;
using Dmp.Server.Edge;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>What the operator hears of a flood, and that the log is not flooded by it.</summary>
public sealed class EdgeCountsTests
{
    [Fact]
    public void A_limit_that_is_met_often_is_a_metric_and_one_warning_in_a_minute()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var (meters, time, logger) = (services.GetRequiredService<IMeterFactory>(), new FakeTimeProvider(), new FakeLogger<EdgeCounts>());
        var sum = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, labels, _) =>
        {
            Assert.True(labels.IsEmpty);
            sum[instrument.Name] = sum.GetValueOrDefault(instrument.Name) + count;
        });
        listener.Start();

        var counts = new EdgeCounts(meters, time, logger);
        for (var i = 0; i < 50; i++)
        {
            counts.CallRefused();
        }

        counts.ConnectionHeld();
        time.Advance(TimeSpan.FromSeconds(59));
        counts.CallRefused();
        Assert.Equal(
            [
                "Warning 1 calls were refused: their callers had too many under way",
                "Warning 1 new connections were held: their addresses had sent too much of nobody",
            ],
            Told());

        time.Advance(TimeSpan.FromSeconds(2));
        counts.CallRefused();
        counts.ConnectionDisplaced();
        counts.ConnectionClosed();
        Assert.Equal(
            [
                "Warning 51 calls were refused: their callers had too many under way",
                "Warning 1 connections on which no caller is known were closed for newer ones of their address",
                "Warning 1 connections were closed for calls that lead to nothing",
            ],
            Told().Skip(2));
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["dmp.edge.calls.refused"] = 52,
                ["dmp.edge.connections.held"] = 1,
                ["dmp.edge.connections.displaced"] = 1,
                ["dmp.edge.connections.closed"] = 1,
            },
            sum);

        IEnumerable<string> Told() => logger.Collector.GetSnapshot().Select(line => $"{line.Level} {line.Message}");
    }
}
