using Google.Rpc;
using Grpc.Core;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>How a well-made client meets a platform that is killed again and again: the same call, with the same request id, until it is answered.</summary>
internal static class Patience
{
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100);

    private static readonly HashSet<string> passing =
        ["STORAGE_UNAVAILABLE", "SERVER_STOPPING", "WRITE_CONFLICT", "REQUEST_IN_PROGRESS", "CALL_CANCELLED"];

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
            catch (RpcException failure) when (failure.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason is { } reason && !passing.Contains(reason))
            {
                var fields = failure.GetRpcStatus()!.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? [];
                return (null, string.Join(' ', fields.Prepend(reason)));
            }
            catch (Exception failure) when (failure is RpcException or InvalidOperationException or HttpRequestException && !late.IsCancellationRequested)
            {
                await Task.Delay(pause, ct);
            }
        }
    }
}
