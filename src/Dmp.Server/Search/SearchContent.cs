using Dmp.Facts.V1;
using Dmp.Search.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Facts;
using Google.Protobuf.WellKnownTypes;
using HitOrder = Dmp.Search.V1.HitOrder;

namespace Dmp.Server.Search;

/// <summary>Documents of a record with the words of a question, as far as they exist for the caller.</summary>
internal sealed class SearchContent(RecordBlocks blocks, SearchWords words, AuditTrail audit, ILogger<SearchContent> logger)
{
    private const int PageSize = 200;
    private const int DocumentsMax = 10_000;
    private const int HitsDefault = 20;
    private const int HitsLimit = 100;

    /// <summary>Bytes of words that are held at once, but for the first block.</summary>
    private const int PageBytesMax = 8 * 1024 * 1024;

    private const long BytesMax = 256L * 1024 * 1024;

    public async Task<SearchContentResponse> RunAsync(Call call, SearchContentRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var query = words.Read(request.Text, request.OpenEnd, faults);
        faults.Require(System.Enum.IsDefined(request.Order), "order", "Must be an order of this version of the contract.");
        faults.Require(request.HitsMax >= 0, "hits_max", "Must not be negative.");
        DocumentRules.CheckCodings(request.Types_, "types", faults);
        var search = DocumentSearch.Approved with
        {
            Types = request.Types_.Count == 0 ? null : [.. request.Types_.Select(coding => coding.ToColumn())],
            ServiceTimeFrom = DocumentRules.CheckTime(request.ServiceTimeFrom, "service_time_from", faults),
            ServiceTimeTo = DocumentRules.CheckTime(request.ServiceTimeTo, "service_time_to", faults),
            Limit = PageSize,
        };
        faults.ThrowIfAny();

        var hitsMax = request.HitsMax == 0 ? HitsDefault : Math.Min(request.HitsMax, HitsLimit);
        var (best, coverage) = await blocks.OfOneMomentAsync(
            recordId,
            () => SearchAsync(call, recordId, search, new BestHits(query!, request.Order == HitOrder.Newest, hitsMax), ct),
            ct);
        var response = new SearchContentResponse { FoundCount = best.FoundCount, Documents = coverage };
        response.Hits.AddRange(best.Hits.Select(hit => ToMessage(hit.Row, hit.Hit)));
        await audit.TraceReadAsync(call, [.. best.Hits.Select(hit => hit.Row.Traced)], ct);
        return response;
    }

    /// <summary>All pages, one after the other: no more than one of them is held.</summary>
    private async Task<((BestHits Best, SearchCoverage Coverage) Result, long Seen, int Pages)> SearchAsync(
        Call call, Guid recordId, DocumentSearch search, BestHits best, CancellationToken ct)
    {
        SearchCoverage coverage = new();
        var (seen, pages, asked, bytes, hasMore) = (0L, 0, 0, 0L, true);
        while (hasMore && asked < DocumentsMax && bytes < BytesMax)
        {
            var page = await blocks.ReadAsync(
                call,
                recordId,
                search with { Limit = Math.Min(PageSize, DocumentsMax - asked) },
                BlockContent.Words,
                0,
                PageBytesMax,
                ct);
            var unreadable = best.Search(page.Documents, ct);
            foreach (var document in page.Documents)
            {
                Count(coverage, document, unreadable.Contains(document));
                bytes += document.Block?.Length ?? 0;
            }

            foreach (var document in unreadable)
            {
                FactLog.WordsDamaged(logger, document.Row.DocumentId, document.Row.Version);
            }

            (seen, pages) = (pages == 0 ? page.Seen : seen, pages + 1);
            asked += page.Documents.Count;
            hasMore = page.HasMore;
            if (hasMore)
            {
                search = search with { After = page.Documents[^1].Row.SearchPosition };
            }
        }

        coverage.MoreDocuments = hasMore;
        return ((best, coverage), seen, pages);
    }

    private static void Count(SearchCoverage coverage, OpenedBlock document, bool isUnreadable)
    {
        switch (document)
        {
            case { Block: not null } when isUnreadable:
                coverage.Failed++;
                break;
            case { Block: not null }:
                coverage.Searched++;
                coverage.SearchedPartly += document.WordsCut ? 1 : 0;
                break;
            case { State: DocumentFactsState.Waiting }:
                coverage.Waiting++;
                break;
            case { State: DocumentFactsState.Erased }:
                coverage.Erased++;
                break;
            case { State: DocumentFactsState.NotStructured }:
                coverage.WithoutWords++;
                break;
            default:
                coverage.Failed++;
                break;
        }
    }

    private static Dmp.Search.V1.SearchHit ToMessage(DocumentRow row, Dmp.Search.Queries.SearchHit hit)
    {
        var metadata = row.Describe();
        var message = new Dmp.Search.V1.SearchHit
        {
            DocumentId = row.DocumentId.ToString(),
            Version = row.Version,
            UniqueId = metadata.UniqueId,
            Title = metadata.Title,
            DocumentType = metadata.Type,
            ServiceStartTime = row.ServiceStartTime.ToTimestamp(),
            Score = hit.Score,
            Place = (HitPlace)hit.Place,
            SectionCode = hit.SectionCode ?? "",
            SectionTitle = hit.SectionTitle,
            Page = hit.Page ?? 0,
            Snippet = hit.Snippet,
        };
        message.Marks.AddRange(hit.Marks.Select(mark => new Dmp.Search.V1.TextMark
        {
            Start = Runes(hit.Snippet, 0, mark.Start),
            Length = Runes(hit.Snippet, mark.Start, mark.Length),
        }));
        return message;
    }

    /// <summary>Characters of a stretch as the contract counts them, whatever the language of the caller.</summary>
    private static int Runes(string text, int start, int length)
    {
        var count = 0;
        foreach (var _ in text.AsSpan(start, length).EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
