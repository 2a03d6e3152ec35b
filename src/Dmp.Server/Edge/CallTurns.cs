using System.Threading.RateLimiting;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Edge;

/// <summary>
/// What one caller may have under way at once: so many calls run, the next wait in their order, and what comes beyond is refused. Each
/// caller waits in a queue of its own, so that nobody stands behind the calls of another. Streams are counted apart, and subscriptions
/// apart from those: they may take days. A structure has more calls, because many people may work by its one certificate.
/// </summary>
internal sealed class CallTurns : IDisposable
{
    private readonly EdgeOptions options;
    private readonly int subscriptionsMax;
    private readonly string subscribe;
    private readonly PartitionedRateLimiter<Caller> calls;
    private readonly PartitionedRateLimiter<Caller> streams;
    private readonly PartitionedRateLimiter<Caller> subscriptions;

    public CallTurns(IOptions<EdgeOptions> edge, IOptions<FeedOptions> feed)
    {
        options = edge.Value;
        subscriptionsMax = feed.Value.StreamsMax;
        var feedService = Event.V1.EventService.Descriptor;
        subscribe = $"/{feedService.FullName}/{nameof(Event.V1.EventService.EventServiceBase.Subscribe)}";
        calls = Limiter(CallsOf);
        streams = Limiter(_ => (options.StreamsPerCaller, 0));
        subscriptions = Limiter(_ => (subscriptionsMax, 0));
    }

    /// <summary>A turn, to be given back by its disposal; one that is not acquired means that the caller has too many calls.</summary>
    public ValueTask<RateLimitLease> TakeAsync(Caller caller, IMethod method, CancellationToken ct) =>
        (IsSubscription(method) ? subscriptions : method.Type == MethodType.Unary ? calls : streams).AcquireAsync(caller, 1, ct);

    /// <summary>What a caller is told that has no turn.</summary>
    public (ErrorReason Reason, int Limit) LimitOf(Caller caller, IMethod method)
    {
        if (IsSubscription(method))
        {
            return (ErrorReason.FeedStreamLimitReached, subscriptionsMax);
        }

        var (running, waiting) = CallsOf(caller);
        return (ErrorReason.CallLimitReached, method.Type == MethodType.Unary ? running + waiting : options.StreamsPerCaller);
    }

    public void Dispose()
    {
        calls.Dispose();
        streams.Dispose();
        subscriptions.Dispose();
    }

    private static PartitionedRateLimiter<Caller> Limiter(Func<Caller, (int Running, int Waiting)> limits) =>
        PartitionedRateLimiter.Create<Caller, (CallerKind, string)>(caller =>
        {
            var (running, waiting) = limits(caller);
            return RateLimitPartition.GetConcurrencyLimiter(
                (caller.Kind, caller.Key), _ => new ConcurrencyLimiterOptions { PermitLimit = running, QueueLimit = waiting });
        });

    private (int Running, int Waiting) CallsOf(Caller caller) => caller.Kind == CallerKind.Structure
        ? (options.CallsPerStructure, options.CallsWaitingPerStructure)
        : (options.CallsPerCaller, options.CallsWaitingPerCaller);

    private bool IsSubscription(IMethod method) => method.FullName == subscribe;
}
