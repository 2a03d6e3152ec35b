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
internal sealed class CheckRecordInteractions(
    ReferenceShelf shelf, RecordBlocks blocks, RecordFacts recordFacts, AuditTrail audit, TimeProvider time)
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
        var (stated, stating, documents) = await blocks.OfOneMomentAsync(
            recordId, () => ReadAsync(call, recordId, from, new StatedMedicines(reference.Medicines, now), ct), ct);
        var report = reference.Checker.Check([.. proposed, .. stated.Medicines.Select(medicine => medicine.Item)]);
        var response = new CheckRecordInteractionsResponse
        {
            Report = InteractionMapping.ToMessage(reference, report, stated.Medicines),
            Documents = documents,
            StatedFrom = from.ToTimestamp(),
        };
        response.LeftOut.AddRange(stated.LeftOut);
        await audit.TraceReadAsync(call, [.. stating.Select(row => row.Traced)], ct);
        return response;
    }

    /// <summary>What documents state, page by page, as far as it is asked for.</summary>
    private async Task<(
        (StatedMedicines Stated, List<DocumentRow> Stating, DocumentCoverage Documents) Result,
        long Seen,
        int Pages)> ReadAsync(Call call, Guid recordId, DateTimeOffset from, StatedMedicines stated, CancellationToken ct)
    {
        var search = DocumentSearch.Approved with { ServiceTimeFrom = from };
        List<DocumentRow> stating = [];
        DocumentCoverage documents = new();
        var (seen, pages, asked, hasMore) = (0L, 0, 0, true);
        while (hasMore && asked < DocumentsMax && stating.Count < StatingMax)
        {
            var page = await recordFacts.ReadAsync(
                call, recordId, search with { Limit = Math.Min(PageSize, DocumentsMax - asked) }, medications, ct);
            var taken = 0;
            foreach (var (row, facts) in page.Documents.TakeWhile(_ => stating.Count < StatingMax))
            {
                taken++;
                Count(documents, facts);
                if (facts.Facts.Count > 0)
                {
                    stating.Add(row);
                    stated.Add(row, facts);
                }
            }

            (seen, pages) = (pages == 0 ? page.Seen : seen, pages + 1);
            asked += taken;
            hasMore = page.HasMore || taken < page.Documents.Count;
            if (page.HasMore)
            {
                search = search with { After = page.Position };
            }
        }

        documents.MoreDocuments = hasMore;
        return ((stated, stating, documents), seen, pages);
    }

    private static void Count(DocumentCoverage documents, DocumentFacts facts)
    {
        switch (facts.State)
        {
            case DocumentFactsState.Read when facts.Failure.Length == 0:
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
