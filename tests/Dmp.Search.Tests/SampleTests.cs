using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Text;
using Dmp.Server.Tests.Content;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>The published documents: each word of their narrative finds them.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Each_word_of_a_document_finds_it()
    {
        var (words, scans) = (0, 0);
        foreach (var file in Directory.EnumerateFiles(SharedSamples.Folder(Path.Combine("samples", "cda")), "*.xml"))
        {
            var text = TextTests.Read(File.ReadAllBytes(file), "text/xml");
            if (text.Sections.Count == 0)
            {
                // Two documents are scans without a character.
                Assert.Equal([new UnreadText(UnreadReason.NoText, 2)], text.Unread);
                scans++;
            }

            var block = new SearchBlock(file, Finding.Day, DocumentIndex.Write(new IndexedDocument("", text)));
            foreach (var word in text.Sections.SelectMany(WordsOf).Distinct(StringComparer.Ordinal))
            {
                // A sign before a word and a quote are of the language of questions.
                var typed = word.TrimStart('-').Replace('"', ' ');
                if (SearchQuery.TryParse(typed, null, hasOpenEnd: false, out var query, out var fault))
                {
                    var answer = Finding.Run(query, [block]);
                    Assert.True(answer.Count == 1, $"{Path.GetFileName(file)}: {word} is not found");
                    AssertMarked(Assert.Single(answer.Hits), word);
                    words++;
                }
                else
                {
                    // Signs alone are no word.
                    Assert.Equal(QueryFault.Empty, fault);
                    Assert.DoesNotContain(word, char.IsLetterOrDigit);
                }
            }
        }

        Assert.Equal(2, scans);
        Assert.InRange(words, 5_000, 100_000);
    }

    [Fact]
    public void Pictures_and_scans_of_the_documents_are_told_and_nothing_else_is_left_out()
    {
        var unread = Directory.EnumerateFiles(SharedSamples.Folder(Path.Combine("samples", "cda")), "*.xml")
            .SelectMany(file => TextTests.Read(File.ReadAllBytes(file), "text/xml").Unread.Select(one => (Path.GetFileName(file), one)))
            .ToList();
        Assert.All(unread, one => Assert.True(one.one.Reason is UnreadReason.NoText or UnreadReason.Elsewhere, $"{one}"));
    }

    private static IEnumerable<string> WordsOf(TextSection section) =>
        $"{section.Title} {section.Text}".Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length < 60);

    private static void AssertMarked(SearchHit hit, string word)
    {
        Assert.True(hit.Marks.Count > 0, $"{word} is not marked in: {hit.Snippet}");
        var end = 0;
        foreach (var mark in hit.Marks)
        {
            Assert.InRange(mark.Start, end, hit.Snippet.Length - 1);
            Assert.InRange(mark.Length, 1, hit.Snippet.Length - mark.Start);
            end = mark.Start + mark.Length;
        }

        Assert.InRange(hit.Snippet.Length, 1, 202);
    }
}
