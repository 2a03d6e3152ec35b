using System.Collections.Concurrent;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>The functional matrix of the DMP, cell by cell, through the running server.</summary>
public sealed class FunctionRightsTests(Platform platform)
{
    private static readonly Lazy<List<FunctionCell>> cells = new(() =>
        SharedSamples.Find("reference/rights/functional_rights.tsv") is { } file
            ? [.. FunctionCell.Read(file)]
            : [.. FunctionCell.OfTheProduct()]);

    public static TheoryData<string, string> Functions =>
        [.. FunctionCell.OfTheProduct().Select(cell => (cell.Transaction, cell.Action)).Distinct()];

    [Fact]
    public void The_table_of_the_product_is_the_published_one()
    {
        var file = SharedSamples.Find("reference/rights/functional_rights.tsv");
        Assert.SkipWhen(file is null, "No file reference/rights/functional_rights.tsv in ../shared.");
        var published = FunctionCell.Read(file!).ToList();

        Assert.Equal(507, published.Count);
        Assert.DoesNotContain(published, cell => cell.OfProduct != (cell.Decision, cell.Condition));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Every_cell_is_what_the_server_does(string transaction, string action)
    {
        var differences = new ConcurrentBag<string>();
        var row = cells.Value.Where(cell => cell.Transaction == transaction && cell.Action == action).ToList();
        Assert.NotEmpty(row);
        await Parallel.ForEachAsync(row, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (cell, _) =>
        {
            var withCondition = await TryAsync(cell, conditionHolds: true);
            var without = cell.Decision == "conditional" && await TryAsync(cell, conditionHolds: false);
            var seen = (withCondition, without) switch
            {
                (false, false) => "deny",
                (true, true) => "allow",
                _ => cell.Decision == "conditional" ? "conditional" : "allow",
            };
            if (seen != cell.Decision)
            {
                differences.Add($"{cell}: the server answers {seen}");
            }
        });
        Assert.Empty(differences);
    }

    /// <summary>Uses the function as the cell says; true when the server let it.</summary>
    private async Task<bool> TryAsync(FunctionCell cell, bool conditionHolds)
    {
        var situation = await FunctionSituation.CreateAsync(platform, cell);
        try
        {
            return await situation.UseAsync(cell.Function, conditionHolds);
        }
        catch (RpcException refused)
            when (refused.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            return false;
        }
    }
}
