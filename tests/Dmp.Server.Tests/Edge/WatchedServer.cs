using System.Diagnostics.Metrics;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dmp.Server.Tests.Edge;

/// <summary>How many requests reached a server, as the framework counts them, and what went wrong in its log.</summary>
internal sealed class WatchedServer : IDisposable
{
    private readonly MeterListener meters = new();
    private readonly FakeLoggerProvider log = new();
    private int requests;
    private long active;

    public WatchedServer(TestServer server)
    {
        var factory = server.Services.GetRequiredService<IMeterFactory>();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "http.server.request.duration" or "http.server.active_requests"
                && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref requests));
        meters.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref active, change));
        meters.Start();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
    }

    /// <summary>Requests that have ended.</summary>
    public int Requests => Volatile.Read(ref requests);

    /// <summary>Requests that run.</summary>
    public long Active => Volatile.Read(ref active);

    /// <summary>What the server logs, of the levels that it is told to.</summary>
    public IEnumerable<string> Log => log.Collector.GetSnapshot().Select(line => line.Message);

    /// <summary>Errors and worse.</summary>
    public IEnumerable<string> Errors => log.Collector.GetSnapshot()
        .Where(line => line.Level >= LogLevel.Error)
        .Select(line => $"{line.Message} {line.Exception}");

    /// <summary>A loaded machine may be slow to answer how the database is, which is no fault of a call.</summary>
    public void RequireNoError()
    {
        var errors = Errors.Where(error => !error.StartsWith("Health check", StringComparison.Ordinal)).ToList();
        Xunit.Assert.True(errors.Count == 0, string.Join('\n', errors.Take(3)));
    }

    public void Dispose()
    {
        meters.Dispose();
        log.Dispose();
    }
}
