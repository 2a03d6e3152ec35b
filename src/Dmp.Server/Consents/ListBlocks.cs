using Dmp.Consent.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>The blocked list of a record.</summary>
internal sealed class ListBlocks(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListBlocksResponse> RunAsync(Call call, ListBlocksRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListBlocksRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var found = await BlockSql.ListAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.BlockId);
                return new ListBlocksResponse { Blocks = { rows.Select(row => row.ToMessage()) }, NextPageToken = nextToken };
            },
            ct);
    }
}
