using Dmp.Audit.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Audit;

/// <summary>Events of a record.</summary>
internal sealed class ListRecordEvents(TracedReads reads, PageTokens pageTokens, TraceReaders readers)
{
    public Task<ListRecordEventsResponse> RunAsync(Call call, ListRecordEventsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var timeFrom = faults.Time(request.TimeFrom, "time_from");
        var timeTo = faults.Time(request.TimeTo, "time_to");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListRecordEventsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                var (access, onlySubject) = await readers.RequireAsync(connection, call, recordId, ct);
                var found = await AuditSql.ListAsync(connection, access, onlySubject, timeFrom, timeTo, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.EventId);
                var isReviewer = call.Caller.Kind == CallerKind.Auditor;
                return new ListRecordEventsResponse
                {
                    Events = { rows.Select(row => EventMapping.ToMessage(row, isReviewer)) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
