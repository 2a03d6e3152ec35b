using System.Text;
using Dmp.Codes.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Codes;

/// <summary>The code systems and value sets that are in force.</summary>
internal sealed class ListCodeLists(Database database, AuditTrail audit, PageTokens pageTokens, TimeProvider time)
{
    public async Task<ListCodeListsResponse> RunAsync(Call call, ListCodeListsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();

        ListCodeListsRequest query = new(request) { PageToken = "" };
        var after = pageTokens.Read(request.PageToken, call.Caller, query) is { } position ? Encoding.ASCII.GetString(position) : "";
        var now = time.GetUtcNow();
        var rows = await database.InBatchesAsync(connection => CodeSql.ListAsync(connection, after, pageSize + 1, now, ct), ct);
        var response = new ListCodeListsResponse { Lists = { rows.Take(pageSize).Select(CodeMapping.ToMessage) } };
        if (rows.Count > pageSize)
        {
            response.NextPageToken = pageTokens.Create(call.Caller, query, Encoding.ASCII.GetBytes(rows[pageSize - 1].ListOid));
        }

        await audit.TraceReadAsync(call, [], ct);
        return response;
    }
}
