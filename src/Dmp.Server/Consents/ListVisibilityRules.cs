using Dmp.Consent.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Rules by which documents are hidden from actors.</summary>
internal sealed class ListVisibilityRules(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListVisibilityRulesResponse> RunAsync(Call call, ListVisibilityRulesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListVisibilityRulesRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var found = await VisibilityRuleSql.ListAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.VisibilityRuleId);
                return new ListVisibilityRulesResponse { Rules = { rows.Select(row => row.ToMessage()) }, NextPageToken = nextToken };
            },
            ct);
    }
}
