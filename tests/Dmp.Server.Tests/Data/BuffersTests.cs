using System.Globalization;
using System.Text;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>What a statement reads does not depend on how many records the country has: measured in one of 1,000 and one of
/// 100,000.</summary>
public sealed class BuffersTests(Platform platform)
{
    private const double GrowthMax = 1.3;

    /// <summary>Known to grow by more, and by how much.</summary>
    private static readonly Dictionary<string, double> grownKnown = new(StringComparer.Ordinal)
    {
        // What the policies look up for each row of the list is read again in a tree that is higher.
        ["RecordListSql.ListAuthorized"] = 2,

        // Some forty look-ups of a record's documents; in a small country the plan reads the few that there are.
        ["AudienceSql.Count"] = 5,

        // Three look-ups inside of a function, which the plan does not show.
        ["AccessSql.IsOutdated"] = 1.6,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_statement_is_measured_or_said_not_to_be()
    {
        var measured = Measures.All.Select(measure => measure.Statement).ToHashSet(StringComparer.Ordinal);
        var catalog = SqlCatalogTests.Catalog().Keys.ToHashSet(StringComparer.Ordinal);

        Assert.Equal("", string.Join(", ", catalog.Except(measured).Except(Unmeasured.Statements).Order(StringComparer.Ordinal)));
        Assert.Equal("", string.Join(", ", Unmeasured.Statements.Intersect(measured)));
        Assert.Equal("", string.Join(", ", Unmeasured.Statements.Concat(measured).Except(catalog)));
    }

    /// <summary>So that the drill below can run when somebody needs it: each statement, its parameters, and the country's schema.</summary>
    [Fact]
    public async Task Every_measure_can_be_taken()
    {
        var catalog = SqlCatalogTests.Catalog();
        var country = await Country.LoadAsync(platform.Databases, 1_000, true, Token);
        foreach (var measure in Measures.All)
        {
            Assert.NotEmpty((await country.MeasureAsync(measure, catalog[measure.Statement], Token)).Plan);
        }
    }

    [Fact]
    public async Task A_statement_reads_as_much_in_a_large_country_as_in_a_small_one()
    {
        // Two to five minutes, and not yet green in every row: a drill with a command of its own.
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("DMP_SCALE") == "1",
            "DMP_SCALE=1 ./test --filter-class '*BuffersTests' compares both sizes");
        var catalog = SqlCatalogTests.Catalog();
        var small = await Country.LoadAsync(platform.Databases, 1_000, true, Token);
        var large = await Country.LoadAsync(platform.Databases, 100_000, false, Token);
        var table = new StringBuilder("| statement | who | 1,000 records | 100,000 records | growth |\n|---|---|---|---|---|\n");
        var grown = new List<string>();
        foreach (var measure in Measures.All)
        {
            var before = await small.MeasureAsync(measure, catalog[measure.Statement], Token);
            var after = await large.MeasureAsync(measure, catalog[measure.Statement], Token);
            var row = string.Create(
                CultureInfo.InvariantCulture,
                $"| {measure.Statement} | {measure.Who} | {before.Buffers} | {after.Buffers} | "
                + $"{after.Buffers / Math.Max(1.0, before.Buffers):F2} |");
            table.Append(row).Append('\n');
            // A tree of a hundred times as many rows is a level higher: one more buffer each time that a statement goes down one.
            var growthMax = grownKnown.GetValueOrDefault(measure.Statement, GrowthMax);
            if (after.Buffers > (before.Buffers * growthMax) + after.Descents)
            {
                grown.Add(row);
                TestContext.Current.TestOutputHelper?.WriteLine(after.Plan);
            }
        }

        // artifacts/buffers.md
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "buffers.md"), table.ToString(), Token);
        TestContext.Current.TestOutputHelper?.WriteLine(table.ToString());
        Assert.True(grown.Count == 0, string.Join('\n', grown));
    }
}
