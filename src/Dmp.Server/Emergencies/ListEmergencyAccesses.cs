using Dmp.Emergency.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>Emergency accesses to a record.</summary>
internal sealed class ListEmergencyAccesses(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListEmergencyAccessesResponse> RunAsync(Call call, ListEmergencyAccessesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(
            pageTokens, call.Caller, new ListEmergencyAccessesRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var found = await EmergencySql.ListAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.EmergencyAccessId);
                return new ListEmergencyAccessesResponse
                {
                    EmergencyAccesses = { rows.Select(row => row.ToMessage()) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
