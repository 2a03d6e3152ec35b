using Dmp.Emergency.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>The reviewers' queue.</summary>
internal sealed class ListUnacknowledgedAccesses(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListUnacknowledgedAccessesResponse> RunAsync(
        Call call, ListUnacknowledgedAccessesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(
            pageTokens, call.Caller, new ListUnacknowledgedAccessesRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RowScope.OfReview(call.Caller).ApplyAsync(connection, ct);
                var found = await EmergencySql.ListQueueAsync(connection, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.EmergencyAccessId);
                return new ListUnacknowledgedAccessesResponse
                {
                    EmergencyAccesses = { rows.Select(row => row.ToMessage()) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
