using Dmp.Document.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Google.Protobuf.Collections;

namespace Dmp.Server.Documents;

/// <summary>Documents of a record that exist for the caller.</summary>
internal sealed class SearchDocuments(TracedReads reads, PageTokens pageTokens)
{
    public async Task<SearchDocumentsResponse> RunAsync(Call call, SearchDocumentsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        var search = ToSearch(request, faults);
        faults.Require(
            call.Caller.Kind != CallerKind.Structure || request.UniqueId.Length > 0,
            "unique_id",
            "Required for a structure: it may only find its own documents again (TD3.1b).");
        faults.ThrowIfAny();

        var query = request.Clone();
        query.PageToken = "";
        var position = pageTokens.Read(request.PageToken, call.Caller, query);
        var after = position is null ? DocumentSearch.FirstPage : PageTokens.ReadPosition(position);

        return await reads.InBatchesAsync<SearchDocumentsResponse>(
            call,
            recordId,
            async (connection, access) =>
            {
                var rows = await DocumentSql.SearchAsync(connection, access, search with { After = after, Limit = pageSize + 1 }, ct);

                var response = new SearchDocumentsResponse();
                if (rows.Count > pageSize)
                {
                    rows.RemoveAt(pageSize);
                    var last = rows[^1];
                    response.NextPageToken = pageTokens.Create(
                        call.Caller, query, PageTokens.Position(last.ServiceStartTime, last.DocumentId, last.Version));
                }

                response.Documents.AddRange(rows.Select(row => row.ToMessage()));
                return (response, [.. rows.Select(row => row.Traced)]);
            },
            ct);
    }

    private static DocumentSearch ToSearch(SearchDocumentsRequest request, FieldFaults faults)
    {
        DocumentRules.CheckCodings(request.Types_, "types", faults);
        DocumentRules.CheckCodings(request.Classes, "classes", faults);
        DocumentRules.CheckCodings(request.PracticeSettings, "practice_settings", faults);
        DocumentRules.CheckCodings(request.FacilityTypes, "facility_types", faults);
        DocumentRules.CheckCodings(request.EventCodes, "event_codes", faults);
        for (var i = 0; i < request.Statuses.Count; i++)
        {
            faults.Require(
                request.Statuses[i] != DocumentStatus.Unspecified && System.Enum.IsDefined(request.Statuses[i]),
                $"statuses[{i}]",
                "Must be a status of this version of the contract, and not UNSPECIFIED.");
        }

        return new DocumentSearch
        {
            Types = Columns(request.Types_),
            Classes = Columns(request.Classes),
            Statuses = request.Statuses.Count == 0
                ? [(short)DocumentStatus.Approved]
                : [.. request.Statuses.Select(status => (short)status).Distinct()],
            CreationTimeFrom = DocumentRules.CheckTime(request.CreationTimeFrom, "creation_time_from", faults),
            CreationTimeTo = DocumentRules.CheckTime(request.CreationTimeTo, "creation_time_to", faults),
            ServiceTimeFrom = DocumentRules.CheckTime(request.ServiceTimeFrom, "service_time_from", faults),
            ServiceTimeTo = DocumentRules.CheckTime(request.ServiceTimeTo, "service_time_to", faults),
            AuthorId = OrNull(request.AuthorId),
            AuthorStructureId = OrNull(request.StructureId),
            PracticeSettings = Columns(request.PracticeSettings),
            FacilityTypes = Columns(request.FacilityTypes),
            EventCodes = Columns(request.EventCodes),
            UniqueId = OrNull(request.UniqueId),
            After = DocumentSearch.FirstPage,
            Limit = 0,
        };
    }

    private static string[]? Columns(RepeatedField<Coding> codings) =>
        codings.Count == 0 ? null : [.. codings.Select(coding => coding.ToColumn())];

    private static string? OrNull(string value) => value.Length == 0 ? null : value;
}
