using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>Events of a record.</summary>
internal sealed class ListRecordEvents(Database database, AuditTrail audit, PageTokens pageTokens, TraceReaders readers)
{
    public async Task<ListRecordEventsResponse> RunAsync(Call call, ListRecordEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListRecordEventsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var (access, onlySubject) = await readers.RequireAsync(connection, call, recordId, ct);
                var rows = await AuditSql.ListAsync(connection, access, onlySubject, timeFrom, timeTo, before, pageSize + 1, ct);
                var response = new ListRecordEventsResponse();
                var isReviewer = call.Caller.Kind == CallerKind.Auditor;
                response.Events.AddRange(rows.Take(pageSize).Select(row => EventMapping.ToMessage(row, isReviewer)));
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
