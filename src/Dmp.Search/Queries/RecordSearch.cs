using Dmp.Search.Index;

namespace Dmp.Search.Queries;

/// <summary>
/// Asks a question of the blocks of one record. The caller decides which blocks may be seen and hands in no other: the answer is that of a
/// record which never held the rest.
/// </summary>
public static class RecordSearch
{
    /// <summary>Searches each block once, in the order in which they come. Only those that may be told are held.</summary>
    /// <param name="query">The question.</param>
    /// <param name="blocks">What may be seen. May be opened one by one.</param>
    /// <param name="options">Order and bounds; null for the usual ones.</param>
    /// <param name="cancellationToken">Gives up between two blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound of the options is not positive, or above its limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SearchAnswer Run(
        SearchQuery query, IEnumerable<SearchBlock> blocks, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(blocks);
        options ??= new SearchOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.HitsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.HitsMax, SearchOptions.HitsLimit);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SnippetChars);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.SnippetChars, SearchOptions.SnippetCharsLimit);
        var (match, score) = (new BlockMatch(query), new BlockScore(query.Terms.Count));
        var (kept, unreadable, count) = (new List<Candidate>(), new List<string>(), 0);
        foreach (var block in blocks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var reader = new BlockReader(block.Bytes);
                if (match.Find(reader) is { } found)
                {
                    var (points, first, last) = score.Of(found, reader);
                    kept.Add(new Candidate(block, reader, points, first, last));
                    count++;
                }
            }
            catch (DocumentIndexException)
            {
                unreadable.Add(block.Key);
            }

            if (kept.Count >= options.HitsMax * 4)
            {
                Order(kept, options);
            }
        }

        Order(kept, options);
        var writer = new SnippetWriter(query, options.SnippetChars);
        var hits = new List<SearchHit>();
        foreach (var candidate in kept)
        {
            try
            {
                hits.Add(Tell(candidate, match, writer));
            }
            catch (DocumentIndexException)
            {
                // The text lies behind the words: a block may be damaged there alone.
                unreadable.Add(candidate.Block.Key);
                count--;
            }
        }

        return new SearchAnswer(hits, count, unreadable);
    }

    private static SearchHit Tell(Candidate candidate, BlockMatch match, SnippetWriter writer)
    {
        var (block, reader, score, first, last) = candidate;
        var found = match.Find(reader) ?? throw new InvalidOperationException("A block that was found is not found again.");
        var (section, snippet, marks) = writer.Write(reader, found, first, last);
        return new SearchHit(
            block.Key, block.Time, score, section.Place, section.Code, section.Title, section.Page, snippet, marks);
    }

    private static void Order(List<Candidate> kept, SearchOptions options)
    {
        kept.Sort(options.Order == HitOrder.Newest ? ByTime : ByScore);
        if (kept.Count > options.HitsMax)
        {
            kept.RemoveRange(options.HitsMax, kept.Count - options.HitsMax);
        }
    }

    private static int ByScore(Candidate one, Candidate other) =>
        Of(other.Score.CompareTo(one.Score), other.Block.Time.CompareTo(one.Block.Time), one, other);

    private static int ByTime(Candidate one, Candidate other) =>
        Of(other.Block.Time.CompareTo(one.Block.Time), other.Score.CompareTo(one.Score), one, other);

    private static int Of(int first, int second, Candidate one, Candidate other) =>
        first != 0 ? first : second != 0 ? second : string.CompareOrdinal(one.Block.Key, other.Block.Key);

    private sealed record Candidate(SearchBlock Block, BlockReader Reader, double Score, int First, int Last);
}
