using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Synonyms;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>Questions asked of texts, as a caller does it.</summary>
internal static class Finding
{
    public static readonly DateTimeOffset Day = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero);

    public static byte[] Block(string text, string title = "") =>
        DocumentIndex.Write(new IndexedDocument(title, new DocumentText([new TextSection("", null, text)], [])));

    public static SearchBlock Named(string key, string text, int days = 0) => new(key, Day.AddDays(days), Block(text));

    public static SearchQuery Query(string text, bool hasOpenEnd = false, SynonymTable? synonyms = null)
    {
        Assert.True(SearchQuery.TryParse(text, synonyms, hasOpenEnd, out var query, out var fault), $"{text}: {fault}");
        return query;
    }

    public static SearchAnswer Run(SearchQuery query, IEnumerable<SearchBlock> blocks, SearchOptions? options = null) =>
        RecordSearch.Run(query, blocks, options, TestContext.Current.CancellationToken);

    public static SearchHit? Hit(string query, string text, bool hasOpenEnd = false)
    {
        var answer = Run(Query(query, hasOpenEnd), [Named("a", text)]);
        Assert.Empty(answer.Unreadable);
        return answer.Hits.SingleOrDefault();
    }

    /// <summary>What is marked, piece by piece.</summary>
    public static IEnumerable<string> Marked(SearchHit hit) => hit.Marks.Select(mark => hit.Snippet.Substring(mark.Start, mark.Length));
}
