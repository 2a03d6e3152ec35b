using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>What the patient stated, with what was replaced or taken back.</summary>
internal sealed class ListWishVersions(TracedReads reads, PageTokens pageTokens, WishVault vault)
{
    public Task<ListWishVersionsResponse> RunAsync(Call call, ListWishVersionsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListWishVersionsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                WishRules.RequirePatient(access);
                var found = await WishSql.ListVersionsAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.WishId);
                ListWishVersionsResponse response = new() { NextPageToken = nextToken };
                foreach (var row in rows)
                {
                    if (await vault.OpenAsync(row, ct) is { } version)
                    {
                        response.Versions.Add(version);
                    }
                }

                return response;
            },
            ct);
    }
}
