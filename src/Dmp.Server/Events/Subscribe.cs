using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Events;

/// <summary>Changes as they come, at the pace of the caller.</summary>
internal sealed class Subscribe(
    EventFeed feed,
    FeedTokens tokens,
    FeedWatch watch,
    IOptions<FeedOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>
    /// Most events of one response, unless a single commit has more: a response is what the server holds for a slow caller.
    /// </summary>
    private const int ResponseEventsMax = 200;

    /// <summary>How long the first message may take.</summary>
    private static readonly TimeSpan firstMessageLimit = TimeSpan.FromSeconds(30);

    public async Task RunAsync(
        Call call,
        IAsyncStreamReader<SubscribeRequest> requests,
        IServerStreamWriter<SubscribeResponse> responses,
        CancellationToken callerLeft)
    {
        FeedRequests.RequireFeed(call);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(callerLeft, lifetime.ApplicationStopping);
        using var expiry = new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, expiry.Token);
        var ct = both.Token;
        if (call.TokenExpireTime is { } expireTime)
        {
            var rest = expireTime - time.GetUtcNow();
            expiry.CancelAfter(rest < TimeSpan.Zero ? TimeSpan.Zero : rest > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : rest);
        }

        var credit = new FeedCredit(requests);
        Task? reader = null;
        try
        {
            var first = await ReadFirstAsync(requests, ct);
            var faults = FieldFaults.Of(first);
            faults.Require(first.Start is not null, "start", "Required in the first message.");
            FeedRequests.CheckStart(first.Start, faults);
            FeedCredit.Check(first, faults);
            var query = FeedQuery.Of(first.Filter, call.Caller, faults);
            faults.ThrowIfAny();

            using var watcher = watch.Enter(call.Caller);
            var place = await feed.StartAsync(call, first.Start!, query, ct);
            credit.Add(first.NumRequested);
            reader = credit.ReadAsync(ct);
            await SendAsync(call, query, place, watcher, credit, reader, responses, ct);
        }
        catch (Exception e)
            when (expiry.IsCancellationRequested && !ending.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            throw Failures.Of(ErrorReason.TokenExpired);
        }
        finally
        {
            await ending.CancelAsync();
            await (reader ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<SubscribeRequest> ReadFirstAsync(IAsyncStreamReader<SubscribeRequest> requests, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(firstMessageLimit);
        try
        {
            return await requests.MoveNext(patience.Token) ? requests.Current : new SubscribeRequest();
        }
        catch (Exception) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new SubscribeRequest();
        }
    }

    /// <summary>
    /// Looks, sends, and waits for changes, credit or the next heartbeat. What is looked for was waited for before: a change that comes in
    /// between ends the wait at once.
    /// </summary>
    private async Task SendAsync(
        Call call,
        FeedQuery query,
        FeedPlace place,
        FeedWatch.Watcher watcher,
        FeedCredit credit,
        Task reader,
        IServerStreamWriter<SubscribeResponse> responses,
        CancellationToken ct)
    {
        var heartbeat = TimeSpan.FromSeconds(options.Value.HeartbeatSeconds);
        long? sentTime = null;
        while (true)
        {
            ct.ThrowIfCancellationRequested();

            // Asked once a round: an end that comes later than this ends the wait below, and is seen by the next round.
            var hasEnded = reader.IsCompletedSuccessfully;
            if (reader.IsFaulted || reader.IsCanceled)
            {
                // Either what came was wrong, or the line broke, which the rest of the call may not have noticed yet.
                throw reader.Exception?.InnerException is RpcException refusal && Failures.ReasonOf(refusal) is not null
                    ? refusal
                    : Failures.Of(ErrorReason.CallCancelled);
            }

            var (asked, changed) = (credit.Asked.Next, watcher.Concerned);
            var batch = new FeedBatch([], place, false, false);
            var isLooking = credit.Left > 0;
            var isSignDue = sentTime is null || time.GetElapsedTime(sentTime.Value) >= heartbeat;
            if (isLooking)
            {
                // A sign of life says whether anything waits for its place, and is read for.
                batch = !isSignDue && watcher.Pass(place.Position) is { } passed
                    ? new FeedBatch([], place with { Position = passed }, true, false)
                    : await feed.ReadAsync(call, query, place, Math.Min(credit.Left, ResponseEventsMax), ct);
                place = batch.Place;
            }

            if (batch.Events.Count > 0 || isSignDue)
            {
                // The place moves with what was sent: a caller that takes no more holds the stream here, and nothing piles up.
                await responses.WriteAsync(ToResponse(batch), ct);
                credit.Take(batch.Events.Count);
                sentTime = time.GetTimestamp();
            }

            if (hasEnded && credit.Left == 0)
            {
                return;
            }

            if (isLooking && !batch.IsAtEnd)
            {
                continue;
            }

            var rest = heartbeat - time.GetElapsedTime(sentTime!.Value);
            var wait = rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(asked, isLooking ? changed : asked, hasEnded ? asked : reader, Task.Delay(wait, waiting.Token));
            await waiting.CancelAsync();
        }
    }

    private SubscribeResponse ToResponse(FeedBatch batch) => new()
    {
        Events = { batch.Events },
        LatestResumeToken = tokens.Create(batch.Place),
        IsCheckpoint = batch.IsCheckpoint,
        HeartbeatSeconds = options.Value.HeartbeatSeconds,
    };
}
