using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace Dmp.Server.Edge;

/// <summary>
/// Sees that a caller takes what it is answered. A write to Kestrel ends when its bytes have gone to the connection, which they do not
/// while the caller keeps the window of the stream closed or reads nothing.
/// </summary>
internal sealed class StallWatch(HttpContext http, Call call, TimeSpan limit, ILogger logger, CancellationToken stopping) : IDisposable
{
    // The HTTP/2 code of a stream that is no longer wanted.
    private const int Cancel = 0x8;

    // A caller that comes back late may still take what waits, and the status behind it.
    private static readonly TimeSpan graceMax = TimeSpan.FromSeconds(5);

    private readonly TimeSpan grace = limit < graceMax ? limit : graceMax;
    private readonly Lock gate = new();
    private Timer? reset;
    private bool isOver;

    /// <summary>
    /// Ends with the write, or with DOWNLOAD_STALLED. Once the call is to end for another reason (<paramref name="ct"/>), or the server
    /// stops, it ends with that.
    /// </summary>
    public async Task WatchAsync(Task write, CancellationToken ct)
    {
        if (!await IsTakenAsync(write, ct))
        {
            Stall(write);
            ct.ThrowIfCancellationRequested();
            throw stopping.IsCancellationRequested
                ? Failures.Of(ErrorReason.ServerStopping)
                : Failures.Of(ErrorReason.DownloadStalled, ("limit_seconds", $"{limit.TotalSeconds:0.#}"));
        }

        await write;
    }

    /// <summary>
    /// Waits until what is left of the answer is taken, and throws it away with its buffers when nobody does. The stream is not completed
    /// before: Kestrel cannot reset one whose end waits behind bytes that do not leave.
    /// </summary>
    public async Task DrainAsync()
    {
        var isOpen = !http.RequestAborted.IsCancellationRequested && !GrpcAnswer.HasEnded(http.Response);
        if (!isOpen || (!http.Response.HasStarted && http.Response.BodyWriter.UnflushedBytes == 0))
        {
            return;
        }

        Task rest;
        try
        {
            rest = http.Response.BodyWriter.FlushAsync().AsTask();
        }
        catch (InvalidOperationException)
        {
            // The deadline of the call passed at this moment, and the framework completed the answer.
            return;
        }

        if (!await IsTakenAsync(rest, http.RequestAborted))
        {
            Stall(rest);
            Reset();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            isOver = true;
            reset?.Dispose();
        }
    }

    // Whatever a write ended with is for whoever awaits it.
    private async Task<bool> IsTakenAsync(Task write, CancellationToken ct)
    {
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, stopping))
        {
            await write.WaitAsync(limit, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // A caller that takes what it gets, if slowly, has its answer also from a server that stops. A line that broke ends the write soon.
        var isStopping = stopping.IsCancellationRequested && !ct.IsCancellationRequested;
        if (!write.IsCompleted && (isStopping || http.RequestAborted.IsCancellationRequested))
        {
            await write.WaitAsync(grace, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return write.IsCompleted;
    }

    private void Stall(Task write)
    {
        // Nobody waits for it any more; the reset below ends it.
        _ = write.ContinueWith(
            static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        lock (gate)
        {
            if (reset is null && !isOver)
            {
                EdgeLog.Stalled(logger, call.Method, call.ServerRequestId);

                // Whatever the call waits for then, it ends: the framework's deadline waits for the caller too.
                reset = new Timer(static watch => ((StallWatch)watch!).Reset(), this, grace, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Reset()
    {
        lock (gate)
        {
            if (!isOver)
            {
                isOver = true;
                http.Features.Get<IHttpResetFeature>()?.Reset(Cancel);
            }
        }
    }
}
