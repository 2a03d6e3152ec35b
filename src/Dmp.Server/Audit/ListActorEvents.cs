using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>What one professional or structure did, on all records.</summary>
internal sealed class ListActorEvents(Database database, AuditTrail audit, PageTokens pageTokens)
{
    private const int ActorIdLengthMax = 64;

    public async Task<ListActorEventsResponse> RunAsync(Call call, ListActorEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        faults.Require(request.ActorId.Length is > 0 and <= ActorIdLengthMax, "actor_id", "Required, at most 64 characters.");
        call.ReadJustification(request.Justification, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListActorEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfConduct(call.Caller, request.ActorId).ApplyAsync(connection, ct);
                var rows = await AuditSql.ListOfActorAsync(connection, request.ActorId, timeFrom, timeTo, before, pageSize + 1, ct);
                var response = new ListActorEventsResponse();
                response.Events.AddRange(rows.Take(pageSize).Select(row => EventMapping.ToMessage(row, isReviewer: true)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EventId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
