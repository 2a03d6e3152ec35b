using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>What one professional or structure did, on all records.</summary>
internal sealed class ListActorEvents(TracedReads reads, PageTokens pageTokens)
{
    private const int ActorIdLengthMax = 64;

    public Task<ListActorEventsResponse> RunAsync(Call call, ListActorEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        faults.Require(request.ActorId.Length is > 0 and <= ActorIdLengthMax, "actor_id", "Required, at most 64 characters.");
        call.ReadJustification(request.Justification, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListActorEventsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RowScope.OfConduct(call.Caller, request.ActorId).ApplyAsync(connection, ct);
                var found = await AuditSql.ListOfActorAsync(connection, request.ActorId, timeFrom, timeTo, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.EventId);
                return new ListActorEventsResponse
                {
                    Events = { rows.Select(row => EventMapping.ToMessage(row, isReviewer: true)) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
