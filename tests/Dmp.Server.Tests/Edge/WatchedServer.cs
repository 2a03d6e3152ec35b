using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dmp.Server.Tests.Edge;

/// <summary>How many requests reached a server, as the framework counts them, and what went wrong in its log.</summary>
internal sealed class WatchedServer : IDisposable
{
    private readonly MeterListener meters = new();
    private readonly ErrorProvider errors = new();
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
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(errors);
    }

    /// <summary>Requests that have ended.</summary>
    public int Requests => Volatile.Read(ref requests);

    /// <summary>Requests that run.</summary>
    public long Active => Volatile.Read(ref active);

    /// <summary>Errors and worse.</summary>
    public IReadOnlyCollection<string> Errors => errors.Messages;

    public void Dispose()
    {
        meters.Dispose();
        errors.Dispose();
    }

    private sealed class ErrorProvider : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                Messages.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
