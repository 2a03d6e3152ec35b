using System.Globalization;
using Dmp.Search.Queries;
using Dmp.Server.Documents;
using Dmp.Server.Facts;

namespace Dmp.Server.Search;

/// <summary>The hits that are told, of documents that come page by page: as if all of them had been searched at once.</summary>
internal sealed class BestHits(SearchQuery query, bool isNewestFirst, int hitsMax)
{
    private readonly SearchOptions options =
        new() { HitsMax = hitsMax, Order = isNewestFirst ? Dmp.Search.Queries.HitOrder.Newest : Dmp.Search.Queries.HitOrder.Best };

    private List<(DocumentRow Row, SearchHit Hit)> hits = [];

    public IReadOnlyList<(DocumentRow Row, SearchHit Hit)> Hits => hits;

    /// <summary>How many documents were found, told or not.</summary>
    public int FoundCount { get; private set; }

    /// <summary>Searches a page, and answers those of its blocks that cannot be searched.</summary>
    public IReadOnlySet<OpenedBlock> Search(IReadOnlyList<OpenedBlock> documents, CancellationToken ct)
    {
        // Keys are in the order of the page, which is that of searches: ties come in it.
        var place = 0;
        Dictionary<string, OpenedBlock> byKey = [];
        List<SearchBlock> blocks = [];
        foreach (var document in documents)
        {
            if (document.Block is { } block)
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{place++:D4}");
                byKey[key] = document;
                blocks.Add(new SearchBlock(key, document.Row.ServiceStartTime, block));
            }
        }

        var answer = RecordSearch.Run(query, blocks, options, ct);
        FoundCount += answer.Count;
        var all = hits.Concat(answer.Hits.Select(hit => (byKey[hit.Key].Row, Hit: hit)));
        hits =
        [
            .. (isNewestFirst
                ? all.OrderByDescending(one => one.Hit.Time).ThenByDescending(one => one.Hit.Score)
                : all.OrderByDescending(one => one.Hit.Score).ThenByDescending(one => one.Hit.Time)).Take(hitsMax),
        ];
        return answer.Unreadable.Select(key => byKey[key]).ToHashSet();
    }
}
