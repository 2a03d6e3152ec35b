using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Dmp.Server.References;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Interactions;

/// <summary>Which published rules medicines meet, beside those that the documents of a record state.</summary>
internal sealed class CheckRecordInteractions(ReferenceShelf shelf, RecordFacts recordFacts, AuditTrail audit, TimeProvider time)
{
    private const int PageSize = 200;
    private const int DocumentsMax = 1_000;

    /// <summary>Documents that state a medicine: as many as one event of the trace may name.</summary>
    private const int StatingMax = 200;

    private static readonly HashSet<FactKind> medications = [FactKind.Medication];

    public async Task<CheckRecordInteractionsResponse> RunAsync(Call call, CheckRecordInteractionsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var proposed = AskedMedicines.Read(request.Proposed, "proposed", faults);
        var now = time.GetUtcNow();
        var from = DocumentRules.CheckTime(request.StatedFrom, "stated_from", faults) ?? now.AddYears(-1);
        faults.ThrowIfAny();

        var reference = shelf.Interactions;
        var response = new CheckRecordInteractionsResponse { StatedFrom = from.ToTimestamp(), Documents = new DocumentCoverage() };
        StatedMedicines stated = new(reference.Medicines, now);
        List<DocumentRow> stating = [];
        var search = DocumentSearch.Approved with { ServiceTimeFrom = from, Limit = PageSize };
        var (asked, hasMore) = (0, true);
        while (hasMore && asked < DocumentsMax && stating.Count < StatingMax)
        {
            var page = await recordFacts.ReadAsync(call, recordId, search, medications, ct);
            var taken = 0;
            foreach (var (row, facts) in page.Documents.TakeWhile(_ => stating.Count < StatingMax))
            {
                taken++;
                Count(response.Documents, facts);
                if (facts.Facts.Count > 0)
                {
                    stating.Add(row);
                    stated.Add(row, facts);
                }
            }

            asked += taken;
            hasMore = page.HasMore || taken < page.Documents.Count;
            if (page.HasMore)
            {
                search = search with { After = page.Position };
            }
        }

        response.Documents.MoreDocuments = hasMore;
        var report = reference.Checker.Check([.. proposed, .. stated.Medicines.Select(medicine => medicine.Item)]);
        response.Report = InteractionMapping.ToMessage(reference, report, stated.Medicines);
        response.LeftOut.AddRange(stated.LeftOut);
        await audit.TraceReadAsync(call, [.. stating.Select(row => row.Traced)], ct);
        return response;
    }

    private static void Count(DocumentCoverage documents, DocumentFacts facts)
    {
        switch (facts.State)
        {
            case DocumentFactsState.Read:
                documents.Read++;
                break;
            case DocumentFactsState.Waiting:
                documents.Waiting++;
                break;
            case DocumentFactsState.NotStructured:
                documents.NotStructured++;
                break;
            case DocumentFactsState.Erased:
                documents.Erased++;
                break;
            default:
                documents.Failed++;
                break;
        }

        documents.UnreadEntries += facts.Unread.Sum(unread => unread.Count);
    }
}
