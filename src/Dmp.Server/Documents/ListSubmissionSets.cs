using Dmp.Document.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>Submission sets of a record.</summary>
internal sealed class ListSubmissionSets(TracedReads reads, PageTokens pageTokens)
{
    public async Task<ListSubmissionSetsResponse> RunAsync(Call call, ListSubmissionSetsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var (from, to) = (faults.Time(request.CreateTimeFrom, "create_time_from"), faults.Time(request.CreateTimeTo, "create_time_to"));
        var pageSize = faults.PageSize(request.PageSize);
        faults.Require(
            call.Caller.Kind != CallerKind.Structure || request.UniqueId.Length > 0,
            "unique_id",
            "Required for a structure: it may only find its own documents again (TD3.1b).");
        faults.ThrowIfAny();

        var query = new ListSubmissionSetsRequest(request) { PageToken = "" };
        var position = pageTokens.Read(request.PageToken, call.Caller, query);
        var (time, id, _) = position is null ? DocumentSearch.FirstPage : PageTokens.ReadPosition(position);
        var search = new SubmissionSetSearch
        {
            CreateTimeFrom = from,
            CreateTimeTo = to,
            UniqueId = request.UniqueId.Length == 0 ? null : request.UniqueId,
            After = (time, id),
            Limit = pageSize + 1,
        };

        return await reads.OfDocumentsAsync(
            call, recordId, (connection, access) => ListAsync(connection, call, access, query, search, ct), ct);
    }

    private async Task<(ListSubmissionSetsResponse Answer, IReadOnlyList<TracedDocument> Documents)> ListAsync(
        NpgsqlConnection connection,
        Call call,
        RecordAccess access,
        ListSubmissionSetsRequest query,
        SubmissionSetSearch search,
        CancellationToken ct)
    {
        var rows = await SubmissionSetSql.ListAsync(connection, access, search, ct);
        var members = await SubmissionSetSql.MembersAsync(connection, access, rows, ct);

        // One event of the trace names all documents of the page; the page ends where it cannot.
        var response = new ListSubmissionSetsResponse();
        List<TracedDocument> traced = [];
        foreach (var row in rows)
        {
            List<SubmissionSetMemberRow> own = [.. members[row.SubmissionSetId]];
            var named = GetSubmissionSet.Traced(own);
            if (response.SubmissionSets.Count == search.Limit - 1 || traced.Count + named.Count > EventTree.DocumentsMax)
            {
                var last = rows[response.SubmissionSets.Count - 1];
                response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(last.CreateTime, last.SubmissionSetId));
                break;
            }

            traced.AddRange(named);
            response.SubmissionSets.Add(SubmissionSetMapping.ToMessage(row, own));
        }

        return (response, traced);
    }
}
