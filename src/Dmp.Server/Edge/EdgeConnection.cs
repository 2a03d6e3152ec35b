using System.Net;
using System.Threading.RateLimiting;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dmp.Server.Edge;

/// <summary>One connection: whether a verified caller uses it, and what it has had of calls that end in nothing.</summary>
internal sealed class EdgeConnection
{
    /// <summary>
    /// How much more a connection may have that a verified caller uses: it may be a gateway with one bad client behind it.
    /// </summary>
    private const int VerifiedFactor = 10;

    private const int TicksOfRefill = 10;

    private readonly ConnectionContext connection;
    private readonly int patience;

    // Most connections need none of them.
    private readonly Lazy<TokenBucketRateLimiter> unverifiedCalls;
    private readonly Lazy<TokenBucketRateLimiter> callsWhenVerified;
    private readonly Lazy<TokenBucketRateLimiter> resets;
    private int overLimit;
    private volatile bool isVerified;

    public EdgeConnection(ConnectionContext connection, IPAddress house, EdgeOptions options)
    {
        this.connection = connection;
        House = house;
        Place = new LinkedListNode<EdgeConnection>(this);
        patience = options.UnverifiedCallsPerConnection;
        unverifiedCalls = Bucket(options.UnverifiedCallsPerConnection);
        callsWhenVerified = Bucket(options.UnverifiedCallsPerConnection * VerifiedFactor);
        resets = Bucket(options.ResetsPerConnection);
    }

    public IPAddress House { get; }

    /// <summary>Its place among the <see cref="UnverifiedConnections"/> of its house, which alone touch it.</summary>
    public LinkedListNode<EdgeConnection> Place { get; }

    /// <summary>A caller with a good token uses the connection.</summary>
    public bool IsVerified
    {
        get => isVerified;
        set => isVerified = value;
    }

    /// <summary>A call of nobody; false when there were too many.</summary>
    public bool TryTakeCall() => TryTake(IsVerified ? callsWhenVerified : unverifiedCalls);

    /// <summary>A call that was left by its caller; false when there were too many.</summary>
    public bool TryTakeReset() => TryTake(resets);

    /// <summary>
    /// Asks the peer to go, which lets calls that are under way end; one that goes on all the same is cut off after
    /// <paramref name="more"/> further calls. True when this was the first time.
    /// </summary>
    public bool Close(int? more = null)
    {
        var times = Interlocked.Increment(ref overLimit);
        if (times == 1)
        {
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else if (times > (more ?? patience))
        {
            Abort("Too many calls that lead to nothing.");
        }

        return times == 1;
    }

    public void Abort(string why) => connection.Abort(new ConnectionAbortedException(why));

    // Filled when it is asked, and so without a timer that had to be disposed of.
    private static Lazy<TokenBucketRateLimiter> Bucket(int limit) => new(() => new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = limit,
        TokensPerPeriod = Math.Max(1, limit / TicksOfRefill),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = false,
    }));

    private static bool TryTake(Lazy<TokenBucketRateLimiter> bucket)
    {
        bucket.Value.TryReplenish();
        using var taken = bucket.Value.AttemptAcquire();
        return taken.IsAcquired;
    }
}
