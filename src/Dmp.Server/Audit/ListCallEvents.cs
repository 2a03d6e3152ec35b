using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>Events of one call, found by the id that its answer gave.</summary>
internal sealed class ListCallEvents(Database database, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListCallEventsResponse> RunAsync(Call call, ListCallEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var serverRequestId = faults.Id(request.ServerRequestId, "server_request_id");
        call.ReadJustification(request.Justification, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListCallEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var rows = await AuditSql.ListOfCallAsync(connection, call.Caller, serverRequestId, before, pageSize + 1, ct);
                var response = new ListCallEventsResponse();
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
