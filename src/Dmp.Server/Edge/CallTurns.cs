using System.Threading.RateLimiting;
using Dmp.Server.Access;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Edge;

/// <summary>
/// What one caller may have under way at once: so many calls run, the next wait in their order, and what comes beyond is refused. Each
/// caller waits in a queue of its own, so that nobody stands behind the calls of another. Streams are counted apart: they may take hours.
/// </summary>
internal sealed class CallTurns(IOptions<EdgeOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> calls = Limiter(options.Value.CallsPerCaller, options.Value.CallsWaitingPerCaller);
    private readonly PartitionedRateLimiter<string> streams = Limiter(options.Value.StreamsPerCaller, 0);

    /// <summary>A turn, to be given back by its disposal; one that is not acquired means that the caller has too many calls.</summary>
    public ValueTask<RateLimitLease> TakeAsync(Caller caller, MethodType type, CancellationToken ct) =>
        (type == MethodType.Unary ? calls : streams).AcquireAsync(caller.Key, 1, ct);

    /// <summary>What stands for no turn.</summary>
    public static RateLimitLease None { get; } = new NoTurn();

    public int LimitOf(MethodType type) =>
        type == MethodType.Unary ? options.Value.CallsPerCaller + options.Value.CallsWaitingPerCaller : options.Value.StreamsPerCaller;

    public void Dispose()
    {
        calls.Dispose();
        streams.Dispose();
    }

    private static PartitionedRateLimiter<string> Limiter(int running, int waiting) => PartitionedRateLimiter.Create<string, string>(
        key => RateLimitPartition.GetConcurrencyLimiter(key, _ => new ConcurrencyLimiterOptions { PermitLimit = running, QueueLimit = waiting }));

    private sealed class NoTurn : RateLimitLease
    {
        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
