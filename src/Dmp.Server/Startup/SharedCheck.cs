namespace Dmp.Server.Startup;

/// <summary>
/// A check that many ask for and that runs once: its result stands for a second, and nobody waits longer than its limit. What hangs beyond
/// that is a fault until it ends, and is never begun a second time beside itself.
/// </summary>
internal sealed class SharedCheck(Func<CancellationToken, Task> check, TimeSpan limit, TimeProvider time)
{
    private static readonly TimeSpan keep = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Run? last;

    /// <summary>The failure; null when the check went well.</summary>
    public Task<Exception?> FaultAsync()
    {
        lock (gate)
        {
            if (last is null || (last.Body.IsCompleted && time.GetElapsedTime(last.Begin) >= keep))
            {
                last = Start();
            }

            return last.Fault;
        }
    }

    private Run Start()
    {
        // The body may block before its first await, on a disk that does not answer.
        var cancel = new CancellationTokenSource(limit, time);
        var body = Task.Run(() => check(cancel.Token), CancellationToken.None);
        _ = body.ContinueWith(
            _ => cancel.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return new Run(body, FaultOfAsync(body), time.GetTimestamp());
    }

    private async Task<Exception?> FaultOfAsync(Task body)
    {
        try
        {
            await body.WaitAsync(limit, time);
            return null;
        }
        catch (Exception failure)
        {
            // Whatever it is, what was to be shown was not.
            return failure;
        }
    }

    private sealed record Run(Task Body, Task<Exception?> Fault, long Begin);
}
