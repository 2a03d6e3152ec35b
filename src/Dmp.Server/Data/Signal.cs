namespace Dmp.Server.Data;

/// <summary>Wakes whoever waits. Take <see cref="Next"/> first, look for work then, and wait for it if there was none.</summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource next = New();

    /// <summary>Ends at the next <see cref="Set"/>.</summary>
    public Task Next => next.Task;

    public void Set() => Interlocked.Exchange(ref next, New()).SetResult();

    /// <summary>Waits for a <see cref="Next"/> that was taken before, at most for <paramref name="limit"/>.</summary>
    public static async Task WaitAsync(Task next, TimeSpan limit, CancellationToken ct)
    {
        await next.WaitAsync(limit, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
