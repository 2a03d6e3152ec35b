using Dmp.Facts.V1;
using Dmp.Server.Calls;
using Dmp.Server.Documents;

namespace Dmp.Server.Facts;

/// <summary>What documents of a record state, read to the end.</summary>
/// <param name="Stating">Those that state something of the kinds asked for, newest act first.</param>
/// <param name="Others">Those that state nothing of them, newest act first, with what became of them.</param>
/// <param name="Coverage">What became of all that were asked.</param>
internal sealed record RecordReading(
    IReadOnlyList<(DocumentRow Row, DocumentFacts Facts)> Stating,
    IReadOnlyList<(DocumentRow Row, DocumentFactsState State)> Others,
    DocumentCoverage Coverage);

/// <summary>All that a record states of some kinds, as of one moment, as far as there is room.</summary>
internal sealed class WholeRecord(RecordBlocks blocks, RecordFacts recordFacts)
{
    private const int PageSize = 200;
    private const int DocumentsMax = 1_000;
    private const int BytesMax = 16 * 1024 * 1024;

    /// <summary>Reads what exists for the caller.</summary>
    /// <param name="call">Whose call.</param>
    /// <param name="recordId">Of which record.</param>
    /// <param name="search">Which documents; its limit and place are set here.</param>
    /// <param name="kinds">Which facts.</param>
    /// <param name="statingMax">Most documents that state something: as many as the event of the trace may name, or less.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Grpc.Core.RpcException">WRITE_CONFLICT: the record changed under each attempt.</exception>
    public Task<RecordReading> ReadAsync(
        Call call, Guid recordId, DocumentSearch search, IReadOnlySet<FactKind> kinds, int statingMax, CancellationToken ct) =>
        blocks.OfOneMomentAsync(recordId, () => ReadPagesAsync(call, recordId, search, kinds, statingMax, ct), ct);

    private async Task<(RecordReading Result, long Seen, int Pages)> ReadPagesAsync(
        Call call, Guid recordId, DocumentSearch search, IReadOnlySet<FactKind> kinds, int statingMax, CancellationToken ct)
    {
        List<(DocumentRow Row, DocumentFacts Facts)> stating = [];
        List<(DocumentRow Row, DocumentFactsState State)> others = [];
        DocumentCoverage coverage = new();
        var (seen, pages, asked, bytes, hasMore) = (0L, 0, 0, 0, true);
        while (hasMore && asked < DocumentsMax && stating.Count < statingMax && bytes < BytesMax)
        {
            var page = await recordFacts.ReadAsync(
                call, recordId, search with { Limit = Math.Min(PageSize, DocumentsMax - asked) }, kinds, ct);
            var taken = 0;
            foreach (var (row, facts) in page.Documents.TakeWhile(_ => stating.Count < statingMax))
            {
                taken++;
                Count(coverage, facts);
                if (facts.Facts.Count > 0)
                {
                    stating.Add((row, facts));
                    bytes += facts.CalculateSize();
                }
                else
                {
                    others.Add((row, StateOf(facts)));
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

        coverage.MoreDocuments = hasMore;
        return (new RecordReading(stating, others, coverage), seen, pages);
    }

    /// <summary>What was not read to its end failed, whatever was read of it.</summary>
    private static DocumentFactsState StateOf(DocumentFacts facts) =>
        facts.State == DocumentFactsState.Read && facts.Failure.Length > 0 ? DocumentFactsState.Failed : facts.State;

    private static void Count(DocumentCoverage coverage, DocumentFacts facts)
    {
        switch (StateOf(facts))
        {
            case DocumentFactsState.Read:
                coverage.Read++;
                break;
            case DocumentFactsState.Waiting:
                coverage.Waiting++;
                break;
            case DocumentFactsState.NotStructured:
                coverage.NotStructured++;
                break;
            case DocumentFactsState.Erased:
                coverage.Erased++;
                break;
            default:
                coverage.Failed++;
                break;
        }

        coverage.UnreadEntries += facts.Unread.Sum(unread => unread.Count);
    }
}
