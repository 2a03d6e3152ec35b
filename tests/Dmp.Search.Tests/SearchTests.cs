using CsCheck;
using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>Questions, hits, their order, snippets and marks.</summary>
public sealed class SearchTests
{
    private static readonly string[] vocabulary =
    [
        "fièvre", "fièvres", "toux", "HTA", "hypertension", "artérielle", "12,5", "mg", "12/8", "TA", "de", "la", "pas", "IDM", "infarctus",
        "du", "myocarde", "anti-vitamine", "K", "AVK", "l'hémorragie", "hémorragique", "œdème", "I20.0", "😀", "\n", "x", "250 000",
    ];

    private static readonly Gen<string> texts = Gen.Int[0, vocabulary.Length - 1].Select(i => vocabulary[i]).List[0, 60]
        .Select(words => string.Join(' ', words));

    private static readonly string[] questions =
    [
        "fièvre", "toux fièvre", "HTA", "hypertension artérielle", "12.5mg", "\"pas de\"", "hémorragie -toux", "IDM", "AVK", "TA 12/8", "x",
        "250000",
    ];

    private static readonly Gen<string> queries = Gen.Int[0, questions.Length - 1].Select(i => questions[i]);

    /// <summary>What makes hiding complete: no block is felt by another one.</summary>
    [Fact]
    public void Without_a_block_the_answer_is_that_of_a_record_which_never_held_it()
    {
        Gen.Select(queries, texts.List[1, 8], Gen.Int[0, 7], Gen.Bool).Sample(
            (text, contents, hidden, isNewest) =>
            {
                var query = Finding.Query(text);
                var options = new SearchOptions { Order = isNewest ? HitOrder.Newest : HitOrder.Best };
                var all = contents.Select((content, i) => Finding.Named($"{i}", content, i % 3)).ToList();
                var whole = Finding.Run(query, all, options);
                var rest = Finding.Run(query, all.Where((_, i) => i != hidden), options);
                var expected = whole.Hits.Where(hit => hit.Key != $"{hidden}").ToList();
                Assert.Equal(expected.Select(Told), rest.Hits.Select(Told));
                Assert.Equal(expected.Count, rest.Count);

                // Nor does the order in which they are handed in matter.
                all.Reverse();
                Assert.Equal(whole.Hits.Select(Told), Finding.Run(query, all, options).Hits.Select(Told));
            },
            iter: 2_000);

        static string Told(SearchHit hit) => $"{hit with { Marks = [] }} {string.Join(' ', hit.Marks)}";
    }

    [Fact]
    public void Snippets_are_pieces_of_the_text_with_what_was_asked_for_marked()
    {
        Gen.Select(queries, texts.Array[0, 20], Gen.Int[1, 300]).Sample(
            (text, contents, chars) =>
            {
                var content = string.Join(' ', contents);
                var query = Finding.Query(text);
                var answer = Finding.Run(query, [Finding.Named("a", content)], new SearchOptions { SnippetChars = chars });
                foreach (var hit in answer.Hits)
                {
                    Assert.Contains(hit.Snippet.Trim('…'), content.Replace('\n', ' '), StringComparison.Ordinal);
                    Assert.InRange(hit.Snippet.Length, 1, chars + 2);
                    Assert.NotEmpty(hit.Marks);
                    Assert.False(char.IsLowSurrogate(hit.Snippet[0]) || char.IsHighSurrogate(hit.Snippet[^1]));
                    Assert.All(
                        Finding.Marked(hit).Where(marked => marked != "250 000"),
                        marked => Assert.DoesNotContain(marked, char.IsWhiteSpace));
                    Assert.InRange(hit.Score, 0.0001, 1);
                }
            },
            iter: 2_000);
    }

    [Fact]
    public void Hits_tell_where_the_words_are()
    {
        var document = new DocumentText(
            [
                new TextSection("Antécédents", "11348-0", "Appendicectomie en 1990."),
                new TextSection("Allergies", "48765-2", "Urticaire après pénicilline.") { Page = 3 },
            ],
            []);
        var indexed = new IndexedDocument("Lettre de liaison", document) { Statements = ["Amoxicilline", "Amoxicilline"] };
        var block = DocumentIndex.Write(indexed);
        var blocks = new[] { new SearchBlock("a", Finding.Day, block) };

        var hit = Assert.Single(Finding.Run(Finding.Query("penicilline"), blocks).Hits);
        Assert.Equal((HitPlace.Section, "48765-2", "Allergies", 3), (hit.Place, hit.SectionCode, hit.SectionTitle, hit.Page));
        Assert.Equal("Urticaire après pénicilline.", hit.Snippet);
        Assert.Equal(["pénicilline"], Finding.Marked(hit));

        hit = Assert.Single(Finding.Run(Finding.Query("allergie"), blocks).Hits);
        Assert.Equal((HitPlace.Section, "48765-2", "Allergies Urticaire après pénicilline."), (hit.Place, hit.SectionCode, hit.Snippet));
        hit = Assert.Single(Finding.Run(Finding.Query("amoxicilline"), blocks).Hits);
        Assert.Equal((HitPlace.Statement, "Amoxicilline"), (hit.Place, hit.Snippet));
        hit = Assert.Single(Finding.Run(Finding.Query("lettre"), blocks).Hits);
        Assert.Equal((HitPlace.Title, "Lettre de liaison"), (hit.Place, hit.Snippet));

        // Words of different parts of a document are found together.
        Assert.Single(Finding.Run(Finding.Query("lettre amoxicilline urticaire 1990"), blocks).Hits);
        Assert.Empty(Finding.Run(Finding.Query("\"1990 allergies\""), blocks).Hits);
    }

    [Fact]
    public void The_snippet_is_of_the_place_where_most_words_stand_together()
    {
        var filler = string.Concat(Enumerable.Repeat("autre chose encore dite ici ", 400));
        var hit = Finding.Hit("douleur thoracique", $"douleur du pied. {filler} une douleur thoracique brutale {filler} thoracique")!;
        Assert.Equal(["douleur", "thoracique"], Finding.Marked(hit));
        Assert.StartsWith("…", hit.Snippet, StringComparison.Ordinal);
        Assert.EndsWith("…", hit.Snippet, StringComparison.Ordinal);
    }

    [Fact]
    public void Marks_are_of_what_was_found_and_not_of_its_words_elsewhere()
    {
        var hit = Finding.Hit("HTA", "hypertension artérielle; hypertension portale, totale")!;
        Assert.Equal(["hypertension", "artérielle"], Finding.Marked(hit));
        Assert.Equal(["12/8"], Finding.Marked(Finding.Hit("12/8", "8 et 12/8 et 12")!));
        Assert.Equal(["re\u0301nal"], Finding.Marked(Finding.Hit("rénal", "(re\u0301nal)")!));
    }

    [Fact]
    public void Best_comes_first_or_newest_and_ties_are_in_the_order_of_keys()
    {
        SearchBlock[] blocks =
        [
            Finding.Named("c", "fièvre", 1), Finding.Named("b", "fièvre fièvre fièvre", 0), Finding.Named("a", "fièvre", 1),
            Finding.Named("d", "toux", 9),
        ];
        Assert.Equal("bac", Keys(HitOrder.Best, 20));
        Assert.Equal("acb", Keys(HitOrder.Newest, 20));
        Assert.Equal("ac", Keys(HitOrder.Newest, 2));

        string Keys(HitOrder order, int max)
        {
            var answer = Finding.Run(Finding.Query("fièvre"), blocks, new SearchOptions { Order = order, HitsMax = max });
            Assert.Equal(3, answer.Count);
            return string.Concat(answer.Hits.Select(hit => hit.Key));
        }
    }

    [Fact]
    public void The_first_of_many_hits_are_those_of_all()
    {
        var blocks = Enumerable.Range(0, 300)
            .Select(i => Finding.Named($"{i:000}", string.Concat(Enumerable.Repeat("fièvre ", 1 + (i * 7 % 50))), i * 13 % 40)).ToList();
        foreach (var order in new[] { HitOrder.Best, HitOrder.Newest })
        {
            var all = Finding.Run(Finding.Query("fièvre"), blocks, new SearchOptions { Order = order, HitsMax = 300 });
            var some = Finding.Run(Finding.Query("fièvre"), blocks, new SearchOptions { Order = order, HitsMax = 7 });
            Assert.Equal(all.Hits.Take(7).Select(hit => hit.Key), some.Hits.Select(hit => hit.Key));
            Assert.Equal(300, some.Count);
        }
    }

    [Theory]
    [InlineData("", QueryFault.Empty)]
    [InlineData(" … \"\" ", QueryFault.Empty)]
    [InlineData("-fièvre", QueryFault.OnlyExcluded)]
    [InlineData("a b c d e f g h i j k l m n o p q r s t u", QueryFault.TooManyWords)]
    public void A_question_that_cannot_be_asked_says_why(string text, QueryFault fault)
    {
        Assert.False(SearchQuery.TryParse(text, null, hasOpenEnd: false, out var query, out var told));
        Assert.Null(query);
        Assert.Equal(fault, told);
    }

    [Fact]
    public void A_question_has_at_most_500_characters()
    {
        Assert.True(SearchQuery.TryParse(new string('a', 500), null, false, out _, out _));
        Assert.False(SearchQuery.TryParse(new string('a', 501), null, false, out _, out var fault));
        Assert.Equal(QueryFault.TooLong, fault);
    }

    [Fact]
    public void Whatever_is_typed_is_a_question_or_a_fault()
    {
        var block = Finding.Named("a", "fièvre et toux, TA 12/8 sous AVK");
        const string signs = "\"-«» 1,.5'’/aélL%+";
        Gen.OneOf(Gen.Char, Gen.Int[0, signs.Length - 1].Select(i => signs[i])).Array[0, 60].Sample(
            letters =>
            {
                var text = new string(letters);
                if (SearchQuery.TryParse(text, null, true, out var query, out var fault))
                {
                    return Finding.Run(query, [block]).Unreadable.Count == 0;
                }

                return fault is QueryFault.Empty or QueryFault.OnlyExcluded or QueryFault.TooManyWords;
            },
            iter: 10_000);
    }

    [Fact]
    public void Bounds_of_the_options_are_kept()
    {
        var query = Finding.Query("a");
        Assert.Throws<ArgumentOutOfRangeException>(() => Finding.Run(query, [], new SearchOptions { HitsMax = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Finding.Run(query, [], new SearchOptions { HitsMax = 501 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Finding.Run(query, [], new SearchOptions { SnippetChars = 501 }));
        Assert.Throws<OperationCanceledException>(
            () => RecordSearch.Run(query, [Finding.Named("a", "a")], null, new CancellationToken(canceled: true)));
    }
}
