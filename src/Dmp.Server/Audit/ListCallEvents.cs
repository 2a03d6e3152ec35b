using Dmp.Audit.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;

namespace Dmp.Server.Audit;

/// <summary>Finds a call by the id that its answer gave.</summary>
internal sealed partial class AuditService
{
    public override async Task<ListCallEventsResponse> ListCallEvents(ListCallEventsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
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
                var rows = await AuditSql.ListOfCallAsync(connection, serverRequestId, before, pageSize + 1, ct);
                var response = new ListCallEventsResponse();
                response.Events.AddRange(rows.Take(pageSize).Select(row => ToMessage(row, isReviewer: true)));
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
