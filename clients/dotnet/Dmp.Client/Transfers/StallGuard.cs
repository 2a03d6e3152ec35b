using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// Ends a transfer that stands still. <see cref="Token"/> is cancelled by the caller, or when nothing moved for the time
/// allowed; the two are told apart afterwards.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource caller;
    private readonly CancellationTokenSource stall;
    private readonly TimeSpan timeout;

    public StallGuard(DmpClientOptions options, CancellationToken caller)
    {
        timeout = options.TransferStallTimeout;
        stall = new CancellationTokenSource(timeout, options.TimeProvider);
        this.caller = CancellationTokenSource.CreateLinkedTokenSource(caller, stall.Token);
    }

    public CancellationToken Token => caller.Token;

    public bool Stalled => stall.IsCancellationRequested;

    /// <summary>Something moved: the time starts again.</summary>
    public void Moved() => stall.CancelAfter(timeout);

    /// <summary>The wait that follows is the caller's own (a slow destination) and does not count.</summary>
    public void Pause() => stall.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Ends the transfer from this side.</summary>
    public void Stop() => caller.Cancel();

    /// <summary>What a transfer that stood still failed with.</summary>
    public RpcException ToException() =>
        new(new Status(StatusCode.Unavailable, $"The transfer stood still for {timeout.TotalSeconds:0} s."));

    public void Dispose()
    {
        caller.Dispose();
        stall.Dispose();
    }
}
