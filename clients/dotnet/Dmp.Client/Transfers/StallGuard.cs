using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// Ends a transfer that stands still. <see cref="Token"/> is cancelled by the caller, or when nothing moved for the time
/// allowed; the two are told apart afterwards.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _caller;
    private readonly CancellationTokenSource _stall;
    private readonly TimeSpan _timeout;

    public StallGuard(DmpClientOptions options, CancellationToken caller)
    {
        _timeout = options.TransferStallTimeout;
        _stall = new CancellationTokenSource(_timeout, options.TimeProvider);
        _caller = CancellationTokenSource.CreateLinkedTokenSource(caller, _stall.Token);
    }

    public CancellationToken Token => _caller.Token;

    public bool Stalled => _stall.IsCancellationRequested;

    /// <summary>Something moved: the time starts again.</summary>
    public void Moved() => _stall.CancelAfter(_timeout);

    /// <summary>The wait that follows is the caller's own (a slow destination) and does not count.</summary>
    public void Pause() => _stall.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Ends the transfer from this side.</summary>
    public void Stop() => _caller.Cancel();

    /// <summary>What a transfer that stood still failed with.</summary>
    public RpcException ToException() =>
        new(new Status(StatusCode.Unavailable, $"The transfer stood still for {_timeout.TotalSeconds:0} s."));

    public void Dispose()
    {
        _caller.Dispose();
        _stall.Dispose();
    }
}
