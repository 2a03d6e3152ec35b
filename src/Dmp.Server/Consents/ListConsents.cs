using Dmp.Consent.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Authorisations of a record.</summary>
internal sealed class ListConsents(TracedReads reads, PageTokens pageTokens, TimeProvider time)
{
    public Task<ListConsentsResponse> RunAsync(Call call, ListConsentsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckStates(request.States, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListConsentsRequest(request) { PageToken = "" }, request.PageToken, pageSize);
        short[] states = request.States.Count == 0 ? [(short)ConsentState.Active] : [.. request.States.Select(state => (short)state)];
        var now = time.GetUtcNow();

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var found = await ConsentSql.ListAsync(connection, access, states, now, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.ConsentId);
                return new ListConsentsResponse
                {
                    Consents = { rows.Select(row => row.ToMessage(now, access.MajorityTime)) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
