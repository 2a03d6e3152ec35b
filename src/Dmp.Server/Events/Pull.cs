using Dmp.Event.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Events;

/// <summary>Changes since a place of the feed.</summary>
internal sealed class Pull(EventFeed feed, FeedTokens tokens)
{
    private const int PullEventsDefault = 100;
    private const int PullEventsMax = 1000;

    public async Task<PullResponse> RunAsync(Call call, PullRequest request, CancellationToken ct)
    {
        FeedRequests.RequireFeed(call);
        var faults = FieldFaults.Of(request);
        FeedRequests.CheckStart(request.Start, faults);
        var query = FeedQuery.Of(request.Filter, call.Caller, faults);
        faults.Require(request.MaxEvents >= 0, "max_events", "Must not be negative.");
        faults.ThrowIfAny();

        var limit = request.MaxEvents == 0 ? PullEventsDefault : Math.Min(request.MaxEvents, PullEventsMax);
        var place = await feed.StartAsync(call, request.Start, query, ct);
        var batch = await feed.ReadAsync(call, query, place, limit, ct);
        return new PullResponse
        {
            Events = { batch.Events },
            LatestResumeToken = tokens.Create(batch.Place),

            // What was answered before the call got its place when the call began.
            IsCheckpoint = batch.IsAtEnd,
        };
    }
}
