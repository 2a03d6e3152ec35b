using System.Globalization;
using Dmp.Cda;
using Dmp.Facts;
using Dmp.Fhir;
using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Synonyms;
using Dmp.Search.Text;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Server.Tests.Search;

/// <summary>Questions to the published documents, beside what a person who read them answers.</summary>
public sealed class KnownAnswersTests
{
    private const string Answers = "tests/Dmp.Search.Tests/Expected/answers.tsv";
    private const string Surplus = "tests/Dmp.Search.Tests/Expected/surplus.tsv";
    private const string Nowhere = "-";
    private const double RecallMin = 0.95;

    /// <summary>What a reader finds is found, but for what the page of the search says, and what is found beside it is listed.</summary>
    [Fact]
    public async Task A_question_finds_the_documents_that_a_reader_names()
    {
        var answers = Rows(Answers);
        var blocks = new Dictionary<bool, List<SearchBlock>>
        {
            [false] = await BlocksAsync(SharedSamples.Folder(Path.Combine("samples", "cda")), "text/xml"),
            [true] = await BlocksAsync(SharedSamples.Folder(Path.Combine("samples", "fhir")), "application/fhir+json"),
        };
        Assert.Equal((29, 56), (blocks[false].Count, blocks[true].Count));
        var known = blocks.Values.SelectMany(list => list).Select(block => block.Key).Append(Nowhere).ToHashSet();
        Assert.All(answers, row => Assert.Contains(row[1], known));

        List<string> found = [], expected = [], limits = [];
        foreach (var question in answers.GroupBy(row => row[0]))
        {
            var named = question.Where(row => row[1] != Nowhere).ToList();
            expected.AddRange(named.Select(Told));
            limits.AddRange(named.Where(row => row.Length > 3).Select(Told));
            var answer = Ask(question.Key, blocks[named.Exists(row => row[1].Contains('/', StringComparison.Ordinal))]);
            found.AddRange(answer.Select(document => $"{question.Key}: {document}"));
            Tell($"{question.Key}: {named.Count(row => answer.Contains(row[1]))} of {named.Count}, {answer.Count} found");
        }

        var (missed, beside) = (expected.Except(found).ToList(), found.Except(expected).ToList());
        var recall = 1 - ((double)missed.Count / expected.Count);
        var precision = 1 - ((double)beside.Count / found.Count);
        Tell(string.Create(CultureInfo.InvariantCulture, $"recall {recall:F3}, precision {precision:F3}"));
        missed.ForEach(one => Tell($"missed: {one}"));
        beside.ForEach(one => Tell($"found beside: {one}"));

        Assert.InRange(recall, RecallMin, 1);
        Assert.Equal(limits, missed);
        Assert.Equal(Rows(Surplus).Select(Told).Order(StringComparer.Ordinal), beside.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_says_how_much_was_asked()
    {
        var rows = Rows(Answers);
        var named = rows.Where(row => row[1] != Nowhere).ToList();
        var (missed, beside) = (named.Count(row => row.Length > 3), Rows(Surplus).Count);
        Assert.Contains(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows.Select(row => row[0]).Distinct().Count()} questions have {named.Count} answers, of which {named.Count - missed} "
                + $"are found, and {beside} documents are found beside them"),
            Repository.Read("docs/search.md").Replace('\n', ' '),
            StringComparison.Ordinal);
    }

    private static void Tell(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static string Told(string[] row) => $"{row[0]}: {row[1]}";

    private static HashSet<string> Ask(string question, List<SearchBlock> blocks)
    {
        var isOpen = question.EndsWith('…');
        Assert.True(SearchQuery.TryParse(question.TrimEnd('…'), SynonymTable.Embedded, isOpen, out var query, out var fault), $"{fault}");
        var answer = RecordSearch.Run(
            query, blocks, new SearchOptions { HitsMax = SearchOptions.HitsLimit }, TestContext.Current.CancellationToken);
        Assert.Empty(answer.Unreadable);
        return [.. answer.Hits.Select(hit => hit.Key)];
    }

    private static async Task<List<SearchBlock>> BlocksAsync(string folder, string type)
    {
        List<SearchBlock> blocks = [];
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/');
            blocks.Add(new SearchBlock(name, DateTimeOffset.UnixEpoch, await BlockAsync(File.ReadAllBytes(file), type)));
        }

        return blocks;
    }

    /// <summary>The words as a server has them: title, text, and what the statements are shown with.</summary>
    private static async Task<byte[]> BlockAsync(byte[] content, string type)
    {
        var (title, facts) = (default(string), default(FactReading));
        if (type == "text/xml")
        {
            title = (await CdaReader.ReadAsync(new MemoryStream(content), null, TestContext.Current.CancellationToken)).Document?.Title;
            facts = CdaFactReader.Read(new MemoryStream(content));
        }
        else
        {
            var result = FhirReader.ReadFacts(content);
            (title, facts) = (result.Header?.Title, result.Reading);
        }

        using var stream = new MemoryStream(content);
        var text = DocumentText.Read(stream, type, cancellationToken: TestContext.Current.CancellationToken);
        return DocumentIndex.Write(new IndexedDocument(title ?? "", text) { Statements = FactDisplays.Of(FactBlock.ToMessage(facts)) });
    }

    private static List<string[]> Rows(string file) =>
    [
        .. Repository.Read(file).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t')),
    ];
}
