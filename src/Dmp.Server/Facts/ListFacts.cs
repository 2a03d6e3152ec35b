using Dmp.Facts.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;

namespace Dmp.Server.Facts;

/// <summary>What the documents of a record state that exist for the caller.</summary>
internal sealed class ListFacts(RecordFacts recordFacts, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListFactsResponse> RunAsync(Call call, ListFactsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        for (var i = 0; i < request.Kinds.Count; i++)
        {
            faults.Require(
                request.Kinds[i] != FactKind.Unspecified && Enum.IsDefined(request.Kinds[i]),
                $"kinds[{i}]",
                "Must be a kind of this version of the contract, and not UNSPECIFIED.");
        }

        var search = DocumentSearch.Approved with
        {
            ServiceTimeFrom = DocumentRules.CheckTime(request.ServiceTimeFrom, "service_time_from", faults),
            ServiceTimeTo = DocumentRules.CheckTime(request.ServiceTimeTo, "service_time_to", faults),
        };
        faults.ThrowIfAny();

        var query = request.Clone();
        query.PageToken = "";
        var position = pageTokens.Read(request.PageToken, call.Caller, query);
        search = search with
        {
            After = position is null ? DocumentSearch.FirstPage : PageTokens.ReadPosition(position),
            Limit = pageSize,
        };
        HashSet<FactKind> kinds = request.Kinds.Count > 0 ? [.. request.Kinds] : [.. Enum.GetValues<FactKind>()];
        var page = await recordFacts.ReadAsync(call, recordId, search, kinds, ct);
        var response = new ListFactsResponse { Documents = { page.Documents.Select(document => document.Facts) } };
        if (page.HasMore)
        {
            var (time, id, version) = page.Position;
            response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(time, id, version));
        }

        await audit.TraceReadAsync(call, [.. page.Documents.Select(document => document.Row.Traced)], ct);
        return response;
    }
}
