using System.Net;
using System.Threading.RateLimiting;
using Dmp.Server.Logging;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Edge;

/// <summary>
/// Bounds what comes from one address or connection before anybody is known (ADR 0026). Who has shown a good token is not bounded here:
/// many callers of a hospital share one address, and a gateway shares one connection.
/// </summary>
internal sealed class EdgeGuard : IDisposable
{
    /// <summary>From an address that is over its limit, so many further calls of nobody are borne on one connection.</summary>
    private const int PatienceWithCrowds = 10;

    private readonly EdgeOptions options;
    private readonly ILogger<EdgeGuard> logger;
    private readonly IPNetwork[] trusted;
    private readonly PartitionedRateLimiter<IPAddress> unverifiedConnections;
    private readonly PartitionedRateLimiter<IPAddress> unverifiedCalls;

    public EdgeGuard(IOptions<EdgeOptions> options, ILogger<EdgeGuard> logger)
    {
        this.options = options.Value;
        this.logger = logger;
        trusted = [.. this.options.TrustedProxies.Select(EdgeOptions.NetworkOf).OfType<IPNetwork>()];
        unverifiedConnections = PartitionedRateLimiter.Create<IPAddress, IPAddress>(house => RateLimitPartition.GetConcurrencyLimiter(
            house, _ => new ConcurrencyLimiterOptions { PermitLimit = this.options.UnverifiedConnectionsMax, QueueLimit = 0 }));
        unverifiedCalls = PartitionedRateLimiter.Create<IPAddress, IPAddress>(house => RateLimitPartition.GetTokenBucketLimiter(
            house,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = this.options.UnverifiedCallsPerAddress,
                TokensPerPeriod = this.options.UnverifiedCallsPerAddress / 10,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }

    /// <summary>Around each connection, before its TLS handshake.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var remote = CallOrigin.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        var house = CallOrigin.HouseOf(remote);
        if (remote is null || house is null || trusted.Any(network => network.Contains(remote)))
        {
            await RunAsync(new EdgeConnection(connection, house, null, options), connection, next);
            return;
        }

        var place = unverifiedConnections.AttemptAcquire(house);
        if (!place.IsAcquired)
        {
            place.Dispose();
            EdgeLog.ConnectionRefused(logger, options.UnverifiedConnectionsMax);
            connection.Abort(new ConnectionAbortedException("Too many connections of nobody."));
            return;
        }

        using var edge = new EdgeConnection(connection, house, place, options);
        using (var taken = unverifiedCalls.AttemptAcquire(house))
        {
            if (!taken.IsAcquired)
            {
                // Whoever comes from there with a good token comes in, later; who only wants to break something has to wait for it.
                await Task.Delay(options.HoldFor, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await RunAsync(edge, connection, next);
    }

    /// <summary>The caller of this call is known.</summary>
    public static void Verified(HttpContext http) => http.Features.Get<EdgeConnection>()?.Verify();

    /// <summary>A call of nobody: refused for that, or one that needs no token.</summary>
    public void Unverified(HttpContext http)
    {
        if (http.Features.Get<EdgeConnection>() is not { IsTrusted: false, House: { } house } edge)
        {
            return;
        }

        if (!edge.TryTakeCall())
        {
            edge.Close();
        }
        else if (!edge.IsVerified)
        {
            using var taken = unverifiedCalls.AttemptAcquire(house);
            if (!taken.IsAcquired)
            {
                edge.Close(PatienceWithCrowds);
            }
        }
    }

    /// <summary>A caller left its call before the end.</summary>
    public static void Left(HttpContext http)
    {
        if (http.Features.Get<EdgeConnection>() is { IsTrusted: false } edge && !edge.TryTakeReset())
        {
            edge.Close();
        }
    }

    public void Dispose()
    {
        unverifiedConnections.Dispose();
        unverifiedCalls.Dispose();
    }

    private static async Task RunAsync(EdgeConnection edge, ConnectionContext connection, ConnectionDelegate next)
    {
        using (edge)
        {
            connection.Features.Set(edge);
            await next(connection);
        }
    }
}
