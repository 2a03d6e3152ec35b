using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// Decides whether a failed attempt is worth another. It is not written as a gRPC service config because that one knows
/// only status codes: ABORTED may be a lost race (repeat) or a stale etag (never repeat), and the delay that the platform
/// asks for travels in RetryInfo.
/// </summary>
internal sealed class RetryPolicy(DmpClientOptions options)
{
    /// <summary>True when the same call, with the same request id, may succeed.</summary>
    public static bool IsTransient(RpcException exception, ErrorDetails details)
    {
        // What failed before the call left this process: only an issuer out of reach comes back by itself.
        if (exception.Status.DebugException is { } cause && cause is DmpException)
        {
            return cause is DmpUnavailableException;
        }
        // The platform says so itself. It never gives RetryInfo where a retry alone does not help.
        if (details.RetryAfter is not null || details.StatusCode == StatusCode.Unavailable)
        {
            return true;
        }
        // The platform gives a reason with every status. One of these without a reason is a connection that broke.
        return details.Reason.Length == 0
            && details.StatusCode is StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled;
    }

    /// <summary>The wait before the next attempt, or null when there is none.</summary>
    /// <param name="attempt">The number of attempts that have failed.</param>
    /// <param name="retryAfter">The least wait that the platform asks for.</param>
    public TimeSpan? DelayAfter(int attempt, TimeSpan? retryAfter)
    {
        if (attempt >= options.AttemptsMax)
        {
            return null;
        }
        var backoff = Math.Min(options.BackoffMax.TotalMilliseconds, options.BackoffInitial.TotalMilliseconds * Math.Pow(2, attempt - 1));
        // Between half and the whole of it, so that clients that failed together do not come back together.
#pragma warning disable CA5394 // Spreading load needs no cryptographic randomness.
        var jittered = TimeSpan.FromMilliseconds(backoff * (0.5 + (Random.Shared.NextDouble() / 2)));
#pragma warning restore CA5394
        return retryAfter is { } asked ? asked + (jittered / 2) : jittered;
    }
}
