using Dmp.Search.Queries;
using Dmp.Search.Synonyms;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>The table of synonyms, and one of an operator.</summary>
public sealed class SynonymTests
{
    [Fact]
    public void The_embedded_table_is_read_whole() => Assert.InRange(SynonymTable.Embedded.Count, 150, 300);

    [Fact]
    public void A_table_of_an_operator_stands_in_the_place_of_the_embedded_one()
    {
        var table = Read("# remarque\n\nXYZ\txénon\tDr X\r\nfille\tenfant").Table;
        Assert.Equal(2, table.Count);
        Assert.NotNull(Ask("XYZ", "du xénon", table));
        Assert.NotNull(Ask("xénons", "XYZ", table));
        Assert.NotNull(Ask("enfants", "une fille", table));
        Assert.Null(Ask("HTA", "hypertension artérielle", table));
        Assert.Null(Ask("HTA", "hypertension artérielle", SynonymTable.None));
    }

    [Fact]
    public void A_synonym_adds_and_never_replaces()
    {
        var table = Read("AA\tun deux trois").Table;
        Assert.NotNull(Ask("AA", "AA", table));
        Assert.NotNull(Ask("AA", "deux puis trois", Read("AA\tdeux trois").Table));

        // All words of the other side are needed, in order and near.
        Assert.Null(Ask("AA", "deux", table));
        Assert.Null(Ask("AA", "trois deux", table));
        Assert.NotNull(Ask("AA", "deux a b c d trois", Read("AA\tdeux trois").Table));
        Assert.Null(Ask("AA", "deux a b c d e trois", Read("AA\tdeux trois").Table));
    }

    [Fact]
    public void Lines_with_faults_are_told_and_left_out()
    {
        var reading = Read($"HTA\thypertension\nHTA\n\t\nHTA\thypertension\nX\tx\nA\t{new string('b', 1_001)}\nA\ta b c d e f g h i\nB\tc");
        Assert.Equal(2, reading.Table.Count);
        Assert.Equal([2, 4, 5, 6, 7], reading.Faults.Select(fault => fault.Line));
        Assert.All(reading.Faults, fault => Assert.DoesNotContain("hypertension", fault.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_without_end_is_read_up_to_the_limit()
    {
        var reading = Read(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"A{i}\tb{i}x\n")));
        Assert.Equal(10_000, reading.Table.Count);
        Assert.Equal(10_001, Assert.Single(reading.Faults).Line);

        reading = Read(string.Concat(Enumerable.Repeat("x\n", 5_000)) + new string('y', 10_000_000));
        Assert.Equal(100, reading.Faults.Count);
    }

    private static SynonymReading Read(string text)
    {
        using var reader = new StringReader(text);
        return SynonymTable.Read(reader);
    }

    private static SearchHit? Ask(string query, string text, SynonymTable table) => Finding.Run(
        Finding.Query(query, synonyms: table), [Finding.Named("a", text)]).Hits.SingleOrDefault();
}
