using System.Net;
using System.Threading.RateLimiting;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Edge;

/// <summary>
/// Bounds what comes from one address or connection before anybody is known (ADR 0026). Who has shown a good token is not bounded here:
/// many callers of a hospital share one address, and a gateway shares one connection. Nothing is kept of connections of trusted proxies.
/// </summary>
internal sealed class EdgeGuard : IDisposable
{
    /// <summary>From an address that is over its limit, so many further calls of nobody are borne on one connection.</summary>
    private const int PatienceWithCrowds = 10;

    private readonly EdgeOptions options;
    private readonly EdgeCounts counts;
    private readonly IPNetwork[] trusted;
    private readonly UnverifiedConnections unverifiedConnections;
    private readonly PartitionedRateLimiter<IPAddress> unverifiedCalls;

    public EdgeGuard(IOptions<EdgeOptions> options, EdgeCounts counts)
    {
        this.options = options.Value;
        this.counts = counts;
        trusted = [.. this.options.TrustedProxies.Select(EdgeOptions.NetworkOf).OfType<IPNetwork>()];
        unverifiedConnections = new UnverifiedConnections(this.options.UnverifiedConnectionsMax);
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
        if (remote is null || CallOrigin.HouseOf(remote) is not { } house || trusted.Any(network => network.Contains(remote)))
        {
            await next(connection);
            return;
        }

        var edge = new EdgeConnection(connection, house, options);
        if (unverifiedConnections.Add(house, edge) is { } oldest)
        {
            counts.ConnectionDisplaced();
            oldest.Abort("Too many connections of nobody.");
        }

        try
        {
            if (await IsLetInAsync(house, connection.ConnectionClosed))
            {
                connection.Features.Set(edge);
                await next(connection);
            }
        }
        finally
        {
            unverifiedConnections.Remove(house, edge);
        }
    }

    /// <summary>The caller of this call is known: its connection gives its place among those of nobody back.</summary>
    public void Verified(HttpContext http)
    {
        if (http.Features.Get<EdgeConnection>() is { IsVerified: false } edge)
        {
            edge.IsVerified = true;
            unverifiedConnections.Remove(edge.House, edge);
        }
    }

    /// <summary>A call of nobody: refused for that, or one that needs no token.</summary>
    public void Unverified(HttpContext http)
    {
        if (http.Features.Get<EdgeConnection>() is not { } edge)
        {
            return;
        }

        if (!edge.TryTakeCall())
        {
            Close(edge);
        }
        else if (!edge.IsVerified)
        {
            using var taken = unverifiedCalls.AttemptAcquire(edge.House);
            if (!taken.IsAcquired)
            {
                Close(edge, PatienceWithCrowds);
            }
        }
    }

    /// <summary>A caller left its call before the end.</summary>
    public void Left(HttpContext http)
    {
        if (http.Features.Get<EdgeConnection>() is { } edge && !edge.TryTakeReset())
        {
            Close(edge);
        }
    }

    public void Dispose() => unverifiedCalls.Dispose();

    /// <summary>
    /// Whoever comes with a good token from an address that has sent too much comes in, later; who only wants to break something has to
    /// wait for it. False when the peer has gone meanwhile, or another took its place.
    /// </summary>
    private async Task<bool> IsLetInAsync(IPAddress house, CancellationToken closed)
    {
        using var taken = unverifiedCalls.AttemptAcquire(house);
        if (!taken.IsAcquired)
        {
            counts.ConnectionHeld();
            await Task.Delay(options.HoldFor, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !closed.IsCancellationRequested;
    }

    private void Close(EdgeConnection edge, int? more = null)
    {
        if (edge.Close(more))
        {
            counts.ConnectionClosed();
        }
    }
}
