using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Events;

/// <summary>A place of the feed that was kept under a name.</summary>
internal sealed class GetPosition(TracedReads reads, FeedTokens tokens)
{
    public Task<GetPositionResponse> RunAsync(Call call, GetPositionRequest request, CancellationToken ct)
    {
        FeedRequests.RequireFeed(call);
        var faults = FieldFaults.Of(request);
        FeedRequests.CheckName(request.Name, "name", faults);
        faults.ThrowIfAny();

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RowScope.OfFeed(call.Caller, []).ApplyAsync(connection, ct);
                var row = await FeedPositionSql.FindAsync(connection, call.Caller, request.Name, ct)
                    ?? throw Failures.Of(ErrorReason.FeedPositionNotFound);
                return new GetPositionResponse { ResumeToken = tokens.Create(row.ToPlace()), CommitTime = row.CommitTime.ToTimestamp() };
            },
            ct);
    }
}
