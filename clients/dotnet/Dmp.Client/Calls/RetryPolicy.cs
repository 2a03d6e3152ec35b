using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// Decides whether a failed attempt is worth another. It is not written as a gRPC service config because that one knows
/// only status codes: ABORTED may be a lost race (repeat) or a stale etag (never repeat), and the delay that the platform
/// asks for travels in RetryInfo.
/// </summary>
/// <param name="options">How patient the client is.</param>
/// <param name="budget">The longest time of failures one after the other; null when something else ends them, such as a deadline.</param>
internal sealed class RetryPolicy(DmpClientOptions options, TimeSpan? budget = null)
{
    private long since;

    /// <summary>True when the same call, with the same request id, may succeed.</summary>
    public static bool IsTransient(RpcException exception, ErrorDetails details)
    {
        // What failed before the call left this process: a platform or issuer out of reach comes back by itself, and nothing else does.
        if (ConnectionFailure.Of(exception.Status) is { } cause)
        {
            return cause is DmpUnavailableException;
        }
        // The platform says so itself. It never gives RetryInfo where a retry alone does not help.
        if (details.RetryAfter is not null || details.StatusCode == StatusCode.Unavailable)
        {
            return true;
        }
        // The platform gives a reason with every status. One of these without a reason is a connection that broke; RESOURCE_EXHAUSTED is
        // one that a server or a proxy closed because of too many resets (ENHANCE_YOUR_CALM).
        return details.Reason.Length == 0
            && details.StatusCode is StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.ResourceExhausted;
    }

    /// <summary>The wait before a failed attempt is repeated, of which the caller is told; null when it is not.</summary>
    /// <param name="failure">Why it failed.</param>
    /// <param name="details">The same, read.</param>
    /// <param name="attempt">The number of attempts that have failed since something was achieved. 1 begins the budget.</param>
    public TimeSpan? DelayAfter(RpcException failure, ErrorDetails details, int attempt) =>
        IsTransient(failure, details) ? DelayAfter(attempt, details.RetryAfter, details.Reason) : null;

    /// <summary>The same for a failure that is known to pass.</summary>
    /// <param name="attempt">The number of attempts that have failed since something was achieved. 1 begins the budget.</param>
    /// <param name="retryAfter">The least wait that the platform asks for.</param>
    /// <param name="reason">Why the attempt failed; empty when a connection broke.</param>
    public TimeSpan? DelayAfter(int attempt, TimeSpan? retryAfter, string reason)
    {
        if (attempt <= 1)
        {
            since = options.TimeProvider.GetTimestamp();
        }
        if (attempt >= options.AttemptsMax)
        {
            return null;
        }
        var backoff = Math.Min(options.BackoffMax.TotalMilliseconds, options.BackoffInitial.TotalMilliseconds * Math.Pow(2, attempt - 1));
        // Between half and the whole of it, so that clients that failed together do not come back together.
#pragma warning disable CA5394 // Spreading load needs no cryptographic randomness.
        var jittered = TimeSpan.FromMilliseconds(backoff * (0.5 + (Random.Shared.NextDouble() / 2)));
#pragma warning restore CA5394
        var delay = retryAfter is { } asked ? asked + (jittered / 2) : jittered;
        var spent = options.TimeProvider.GetElapsedTime(since);
        if (spent + delay > budget)
        {
            return null;
        }
        options.Retrying?.Invoke(new DmpRetry(attempt, delay, spent, reason));
        return delay;
    }
}
