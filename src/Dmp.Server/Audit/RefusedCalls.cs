using System.Net;
using Dmp.Proofs;
using Dmp.Server.Edge;
using Dmp.Server.Logging;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Audit;

/// <summary>
/// Counts the calls that were refused before anybody was known, and writes one event for all of an origin and reason once in a minute:
/// whoever has no token must not be able to fill the trace. What is counted and not yet written is lost when the process is killed, and
/// only then.
/// </summary>
internal sealed class RefusedCalls(AuditTrail audit, IOptions<EdgeOptions> options, TimeProvider time, ILogger<RefusedCalls> logger)
    : BackgroundService
{
    private readonly Lock gate = new();
    private Dictionary<(IPAddress? House, string Reason), Counted> counts = [];

    // Signed, and perhaps committed: the same events are written again until the database says so.
    private (AuditEventRow[] Rows, long Calls)? unwritten;

    /// <summary>One refusal, which is told without waiting for the database.</summary>
    public void Add(Call call, StatusCode code, string reason)
    {
        var house = CallOrigin.HouseOf(call.Origin);
        lock (gate)
        {
            if (!counts.TryGetValue((house, reason), out var counted) && counts.Count >= options.Value.RefusalOriginsMax)
            {
                house = null;
                counts.TryGetValue((house, reason), out counted);
            }

            counts[(house, reason)] = counted is null ? new Counted(call, code, 1) : counted with { Calls = counted.Calls + 1 };
        }
    }

    /// <summary>Writes what was counted, in one transaction.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        if (unwritten is null && Take() is { Count: > 0 } taken)
        {
            unwritten = (
                [.. taken.Select(entry => audit.SignCounted(entry.Value.First, entry.Key.House, entry.Value.Code, entry.Key.Reason, entry.Value.Calls))],
                taken.Values.Sum(counted => counted.Calls));
        }

        if (unwritten is { } signed)
        {
            await audit.AppendCountedAsync(signed.Rows, ct);
            unwritten = null;
        }
    }

    /// <summary>Registered before the server that takes calls, this is stopped after it.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
            await WriteAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            EdgeLog.CountsLost(logger, failure, (unwritten?.Calls ?? 0) + Take().Values.Sum(counted => counted.Calls));
        }
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

    private Dictionary<(IPAddress? House, string Reason), Counted> Take()
    {
        lock (gate)
        {
            var taken = counts;
            counts = [];
            return taken;
        }
    }

    /// <summary>The first call of them, as a sample.</summary>
    private sealed record Counted(Call First, StatusCode Code, long Calls);
}
