using System.Net;
using System.Runtime.ExceptionServices;
using Dmp.Proofs;
using Dmp.Server.Calls;
using Dmp.Server.Edge;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Audit;

/// <summary>
/// Counts the calls that were refused before anybody was known, and those of a known caller that never had a turn, and writes one event for
/// all of an origin or caller and reason once in a minute: neither who has no token nor who has one can fill the trace. What is counted and
/// not yet written is lost when the process is killed, and only then.
/// </summary>
internal sealed class RefusedCalls(AuditTrail audit, IOptions<EdgeOptions> options, TimeProvider time, ILogger<RefusedCalls> logger)
    : BackgroundService
{
    private readonly Lock gate = new();

    // One writes at a time: the timer, the end of the server, or a test.
    private readonly SemaphoreSlim writing = new(1);

    private Dictionary<(IPAddress? House, string Reason), Counted> ofNobody = [];
    private Dictionary<(string Caller, string Reason), Counted> ofCallers = [];

    // Signed, and perhaps committed: the same events are written again until the database says so.
    private List<AuditEventRow> unwritten = [];

    /// <summary>
    /// One refusal, which is told without waiting for the database. False for one of a caller when so many callers are counted already: it
    /// needs an event of its own.
    /// </summary>
    public bool TryAdd(Call call, StatusCode code, string reason)
    {
        lock (gate)
        {
            if (call.VerifiedCaller is { } caller)
            {
                return TryCount(ofCallers, (caller.Key, reason), new Counted(call, call.Origin, code, reason));
            }

            var house = CallOrigin.HouseOf(call.Origin);
            if (!TryCount(ofNobody, (house, reason), new Counted(call, house, code, reason)))
            {
                // There are a few reasons only.
                Count(ofNobody, (null, reason), new Counted(call, null, code, reason));
            }

            return true;
        }
    }

    /// <summary>Writes what was counted. What PostgreSQL refuses of it keeps nothing else back, and is tried again.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        await writing.WaitAsync(ct);
        try
        {
            // When nothing at all is taken, what is counted goes on being counted: there is never more of it than that.
            if (unwritten.Count < options.Value.RefusalOriginsMax)
            {
                unwritten.AddRange(Take().Select(counted =>
                    audit.SignCounted(counted.First, counted.Origin, counted.Code, counted.Reason, counted.Calls)));
            }

            if (unwritten.Count > 0)
            {
                var refused = await audit.AppendCountedAsync(unwritten, ct);
                unwritten = [.. refused.Select(one => one.Event)];
                if (refused is [var (_, fault), ..])
                {
                    ExceptionDispatchInfo.Throw(fault);
                }
            }
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Registered before the server that takes calls, this is stopped after it.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        for (var last = false; ; last = true)
        {
            try
            {
                await WriteAsync(cancellationToken);
                return;
            }
            catch (PostgresException) when (!last)
            {
                // What could not be written before may have kept back what was counted since.
            }
            catch (Exception failure)
            {
                EdgeLog.CountsLost(logger, failure, unwritten.Sum(row => row.CallCount ?? 0) + Take().Sum(counted => counted.Calls));
                return;
            }
        }
    }

    public override void Dispose()
    {
        writing.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RefusalPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await WriteAsync(stoppingToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    EdgeLog.CountsNotWritten(logger, failure);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, and writes the rest.
        }
    }

    private bool TryCount<TKey>(Dictionary<TKey, Counted> counts, TKey key, Counted one)
        where TKey : notnull
    {
        if (!counts.ContainsKey(key) && counts.Count >= options.Value.RefusalOriginsMax)
        {
            return false;
        }

        Count(counts, key, one);
        return true;
    }

    private static void Count<TKey>(Dictionary<TKey, Counted> counts, TKey key, Counted one)
        where TKey : notnull
    {
        counts.TryAdd(key, one);
        counts[key].Calls++;
    }

    private List<Counted> Take()
    {
        lock (gate)
        {
            List<Counted> taken = [.. ofNobody.Values, .. ofCallers.Values];
            (ofNobody, ofCallers) = ([], []);
            return taken;
        }
    }

    /// <summary>The first call of them, as a sample, and how many they are.</summary>
    private sealed class Counted(Call first, IPAddress? origin, StatusCode code, string reason)
    {
        public Call First => first;

        public IPAddress? Origin => origin;

        public StatusCode Code => code;

        public string Reason => reason;

        public long Calls { get; set; }
    }
}
