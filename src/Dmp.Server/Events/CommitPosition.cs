using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Events;

/// <summary>A place of the feed kept under a name.</summary>
internal sealed class CommitPosition(FeedTokens tokens, RequestLog requestLog, IOptions<FeedOptions> options, TimeProvider time)
{
    public Task<CommitPositionResponse> RunAsync(Call call, CommitPositionRequest request, CancellationToken ct)
    {
        FeedRequests.RequireFeed(call);
        var faults = FieldFaults.Of(request);
        FeedRequests.CheckName(request.Name, "name", faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var place = tokens.Read(request.ResumeToken);
        if (!place.IsHeldBy(call.Caller))
        {
            throw FeedTokens.Invalid();
        }

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new CommitPositionRequest(request) { RequestId = "" }),
            CommitPositionResponse.Parser,
            connection => RowScope.OfFeed(call.Caller, []).ApplyAsync(connection, ct),
            async (connection, _) =>
            {
                var now = time.GetUtcNow();
                if (await FeedPositionSql.CountOthersAsync(connection, call.Caller, request.Name, ct) >= options.Value.PositionsMax)
                {
                    throw Failures.Of(ErrorReason.FeedPositionLimitReached, ("limit", $"{options.Value.PositionsMax}"));
                }

                await FeedPositionSql.PutAsync(connection, call.Caller, request.Name, place, now, ct);
                return new CommitPositionResponse { CommitTime = now.ToTimestamp() };
            },
            ct);
    }
}
