using System.Net;
using System.Threading.RateLimiting;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dmp.Server.Edge;

/// <summary>One connection: whether a verified caller uses it, and what it has had of calls that end in nothing.</summary>
internal sealed class EdgeConnection : IDisposable
{
    /// <summary>
    /// How much more a connection may have that a verified caller uses: it may be a gateway with one bad client behind it.
    /// </summary>
    private const int VerifiedFactor = 10;

    private const int TicksOfRefill = 10;

    private readonly ConnectionContext connection;
    private readonly TokenBucketRateLimiter unverifiedCalls;
    private readonly TokenBucketRateLimiter callsWhenVerified;
    private readonly TokenBucketRateLimiter resets;
    private readonly int patience;
    private RateLimitLease? place;
    private int overLimit;

    public EdgeConnection(ConnectionContext connection, IPAddress? house, RateLimitLease? place, EdgeOptions options)
    {
        this.connection = connection;
        this.place = place;
        House = house;
        IsTrusted = place is null;
        patience = options.UnverifiedCallsPerConnection;
        unverifiedCalls = Bucket(options.UnverifiedCallsPerConnection);
        callsWhenVerified = Bucket(options.UnverifiedCallsPerConnection * VerifiedFactor);
        resets = Bucket(options.ResetsPerConnection);
    }

    public IPAddress? House { get; }

    /// <summary>Of a proxy that bounds its callers itself.</summary>
    public bool IsTrusted { get; }

    public bool IsVerified { get; private set; }

    /// <summary>A verified caller uses the connection: it gives its place among the others back.</summary>
    public void Verify()
    {
        if (!IsVerified)
        {
            IsVerified = true;
            Interlocked.Exchange(ref place, null)?.Dispose();
        }
    }

    /// <summary>A call of nobody; false when there were too many.</summary>
    public bool TryTakeCall() => TryTake(IsVerified ? callsWhenVerified : unverifiedCalls);

    /// <summary>A call that was left by its caller; false when there were too many.</summary>
    public bool TryTakeReset() => TryTake(resets);

    /// <summary>
    /// Asks the peer to go, which lets calls that are under way end; one that goes on all the same is cut off after
    /// <paramref name="more"/> further calls.
    /// </summary>
    public void Close(int? more = null)
    {
        if (Interlocked.Increment(ref overLimit) == 1)
        {
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else if (Volatile.Read(ref overLimit) > (more ?? patience))
        {
            connection.Abort(new ConnectionAbortedException("Too many calls that lead to nothing."));
        }
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref place, null)?.Dispose();
        unverifiedCalls.Dispose();
        callsWhenVerified.Dispose();
        resets.Dispose();
    }

    private static TokenBucketRateLimiter Bucket(int limit) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = limit,
        TokensPerPeriod = Math.Max(1, limit / TicksOfRefill),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = false,
    });

    private static bool TryTake(TokenBucketRateLimiter bucket)
    {
        try
        {
            bucket.TryReplenish();
            using var taken = bucket.AttemptAcquire();
            return taken.IsAcquired;
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended before its last call.
            return true;
        }
    }
}
