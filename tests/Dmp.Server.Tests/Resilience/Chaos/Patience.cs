using Google.Rpc;
using Grpc.Core;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>
/// How a well-made client meets a platform that is killed again and again: the same call, with the same request id, until it is answered.
/// </summary>
internal static class Patience
{
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The answer, or the reason of a refusal; fails when a refusal has none, or when no answer comes in time.</summary>
    public static async Task<(T? Answer, string? Refusal)> UntilAnsweredAsync<T>(Func<Task<T>> call, CancellationToken ct)
        where T : class
    {
        using var late = new CancellationTokenSource(limit);
        while (true)
        {
            try
            {
                return (await call(), null);
            }
            catch (RpcException failure) when (IsRefusal(failure))
            {
                var reason = failure.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason;
                var fields = failure.GetRpcStatus()!.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? [];
                return (null, string.Join(' ', fields.Prepend(reason)));
            }
            catch (Exception failure) when (failure is RpcException or InvalidOperationException or HttpRequestException or IOException
                && !late.IsCancellationRequested)
            {
                await Task.Delay(pause, ct);
            }
        }
    }

    /// <summary>An answer of the platform that a repeat does not change: those that a repeat may change say after how long.</summary>
    private static bool IsRefusal(RpcException failure) =>
        failure.GetRpcStatus() is { } status
        && status.GetDetail<ErrorInfo>() is not null
        && status.GetDetail<RetryInfo>() is null
        && failure.StatusCode != StatusCode.Cancelled;
}
