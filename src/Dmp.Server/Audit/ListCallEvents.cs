using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>Events of one call, found by the id that its answer gave.</summary>
internal sealed class ListCallEvents(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListCallEventsResponse> RunAsync(Call call, ListCallEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var serverRequestId = faults.Id(request.ServerRequestId, "server_request_id");
        call.ReadJustification(request.Justification, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListCallEventsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                var found = await AuditSql.ListOfCallAsync(connection, call.Caller, serverRequestId, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.EventId);
                return new ListCallEventsResponse
                {
                    Events = { rows.Select(row => EventMapping.ToMessage(row, isReviewer: true)) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
