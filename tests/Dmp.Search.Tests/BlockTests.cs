using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using Dmp.Search.Index;
using Dmp.Search.Queries;
using Dmp.Search.Text;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>The block of a document: what it refuses, and how large it is.</summary>
public sealed class BlockTests
{
    private static readonly byte[] block = DocumentIndex.Write(new IndexedDocument(
        "Compte rendu", new DocumentText([new TextSection("Motif", "29299-5", "Fièvre et toux, TA 12/8, fièvres nocturnes.")], []))
    {
        Statements = ["Amoxicilline"],
    });

    private static readonly string[] questions = ["fièvre", "TA 12/8", "fi", "amoxicilline -toux", "\"fièvre et\"", "compte rendu"];

    private static readonly byte[] values = [0, 1, 0x7F, 0x80, 0xFF];

    [Fact]
    public void The_same_document_has_the_same_bytes() => Assert.Equal(Finding.Block("fièvre et toux"), Finding.Block("fièvre et toux"));

    [Fact]
    public void An_empty_document_has_a_block_that_finds_nothing()
    {
        var empty = DocumentIndex.Write(new IndexedDocument("", new DocumentText([], [])));
        DocumentIndex.Check(empty);
        Assert.Equal(0, Finding.Run(Finding.Query("fièvre"), [new SearchBlock("a", Finding.Day, empty)]).Count);
    }

    [Theory]
    [InlineData(0, (byte)'X', "no block")]
    [InlineData(2, (byte)1, "version 1")]
    [InlineData(2, (byte)3, "version 3")]
    [InlineData(20, (byte)0xFF, "damaged")]
    public void A_block_of_something_else_is_refused(int place, byte value, string told)
    {
        DocumentIndex.Check(block);
        var changed = block.ToArray();
        changed[place] = value;
        Assert.Contains(
            told, Assert.Throws<DocumentIndexException>(() => DocumentIndex.Check(changed)).Message, StringComparison.Ordinal);
    }

    /// <summary>Stems that begin alike, short ones, others than of Latin letters: a search that goes by their order meets each.</summary>
    [Fact]
    public void Each_of_many_words_that_begin_alike_is_found() =>
        Gen.Char["abeé12αжЖ日"].Array[1, 7].Select(letters => new string(letters)).List[1, 200].Sample(
            words =>
            {
                var block = Finding.Named("a", string.Join(' ', words));
                return words.TrueForAll(word => Finding.Run(Finding.Query($"\"{word}\""), [block]).Count == 1);
            },
            iter: 50);

    [Fact]
    public void A_block_with_any_byte_changed_is_refused()
    {
        for (var place = 0; place < block.Length; place++)
        {
            foreach (var value in values)
            {
                var changed = block.ToArray();
                changed[place] = value;
                if (changed[place] != block[place])
                {
                    Assert.Throws<DocumentIndexException>(() => DocumentIndex.Check(changed));
                    Assert.Equal(["a"], Finding.Run(Finding.Query("fièvre"), [new("a", Finding.Day, changed)]).Unreadable);
                }
            }

            Assert.Throws<DocumentIndexException>(() => DocumentIndex.Check(block.AsMemory(0, place)));
        }
    }

    /// <summary>Behind a right hash too: whoever can write a block can write that.</summary>
    [Fact]
    public void A_block_made_to_harm_is_answered_or_refused()
    {
        var queries = questions.Select(text => Finding.Query(text, hasOpenEnd: true)).ToList();
        Gen.Select(Gen.Int[11, block.Length - 1], Gen.Byte, Gen.Int[11, block.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (place, value, second, other, isCut) =>
            {
                var changed = isCut ? block[..place] : [.. block];
                if (!isCut)
                {
                    (changed[place], changed[second]) = (value, other);
                }

                Seal(changed);
                foreach (var query in queries)
                {
                    var answer = Finding.Run(query, [new SearchBlock("a", Finding.Day, changed)]);
                    Assert.InRange(answer.Count + answer.Unreadable.Count, 0, 1);
                }
            },
            iter: 30_000);
    }

    [Fact]
    public void A_text_that_would_unpack_beyond_its_page_is_refused()
    {
        var large = Finding.Block(string.Concat(Enumerable.Repeat("fièvre ", 100_000)));
        var (at, changes) = (0, 0);
        for (; at < large.Length; at++)
        {
            var changed = large.ToArray();
            changed[at] = 0xFF;
            Seal(changed);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                DocumentIndex.Check(changed);
            }
            catch (DocumentIndexException)
            {
                changes++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
            at += at / 50;
        }

        Assert.InRange(changes, 1, int.MaxValue);
    }

    [Fact]
    public void A_long_document_is_found_to_its_end()
    {
        var text = string.Join(' ', Enumerable.Range(0, 300_000).Select(i => $"mot{i % 5000}")) + " dernière phrase";
        var hit = Finding.Hit("dernières phrases", text)!;
        Assert.Equal(["dernière", "phrase"], Finding.Marked(hit));
    }

    private static void Seal(byte[] changed)
    {
        if (changed.Length >= 11)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(3), XxHash3.HashToUInt64(changed.AsSpan(11)));
        }
    }
}
