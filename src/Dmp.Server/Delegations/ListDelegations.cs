using Dmp.Delegation.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Delegations;

/// <summary>People around the patient, as far as the caller may know of them.</summary>
internal sealed class ListDelegations(TracedReads reads, PageTokens pageTokens, TimeProvider time)
{
    public Task<ListDelegationsResponse> RunAsync(Call call, ListDelegationsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListDelegationsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var onlySubject = access.IsOwner ? null : call.Caller.Subject;
                var found = await DelegationSql.ListAsync(connection, access, onlySubject, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.DelegationId);
                var now = time.GetUtcNow();
                return new ListDelegationsResponse
                {
                    Delegations = { rows.Select(row => row.ToMessage(access.IsRepresented, now)) },
                    NextPageToken = nextToken,
                };
            },
            ct);
    }
}
