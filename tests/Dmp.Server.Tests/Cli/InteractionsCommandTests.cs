using Dmp.Cli;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp interactions</c> over small files of our own.</summary>
public sealed class InteractionsCommandTests
{
    private static readonly string folder = Path.Combine(AppContext.BaseDirectory, "Small");
    private static readonly string[] files = ["--thesaurus", Path.Combine(folder, "thesaurus.txt"), "--medicines", folder];

    [Fact]
    public async Task Every_pair_is_printed_with_its_rules_and_their_levels()
    {
        var (code, output, _) = await CommandHome.RunAsync(["interactions", "check", .. files, "60562855", "64631925", "aspirine"]);
        Assert.Equal(DmpCommand.Done, code);
        Assert.Contains("1  PLAVIX 75 mg, comprimé pelliculé: clopidogrel", output, StringComparison.Ordinal);
        Assert.Contains("1 + 2: 1 rule", output, StringComparison.Ordinal);
        Assert.Contains("ANTIAGRÉGANTS PLAQUETTAIRES x ANTICOAGULANTS ORAUX: à prendre en compte", output, StringComparison.Ordinal);
        Assert.Contains("2 + 3: nothing can be said", output, StringComparison.Ordinal);
        Assert.Contains("no advice", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_told_and_is_no_success()
    {
        var (code, output, _) = await CommandHome.RunAsync(
            ["interactions", "read", .. files, "--table", Path.Combine(folder, "table.csv")]);
        Assert.Equal(DmpCommand.Refused, code);
        Assert.Contains("wrong     CIS_bdpm.txt:5", output, StringComparison.Ordinal);
        Assert.Contains("not in table.csv", output, StringComparison.Ordinal);
        Assert.Contains("5 rules, ", output, StringComparison.Ordinal);
        Assert.Contains("of 3 that are sold", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_thesaurus_does_not_name_is_listed_for_the_person_who_looks()
    {
        var (_, output, _) = await CommandHome.RunAsync(["interactions", "read", .. files, "--unmapped"]);
        Assert.Matches("(?m)^no rule +1  GLYCINE$", output);
        Assert.DoesNotContain("CLOPIDOGREL", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_told()
    {
        Assert.Equal(DmpCommand.Misused, (await CommandHome.RunAsync(["interactions", "check", .. files])).Code);
        Assert.Equal(DmpCommand.Misused, (await CommandHome.RunAsync(["interactions", "check", .. files, " "])).Code);
        Assert.Equal(DmpCommand.Misused, (await CommandHome.RunAsync(["interactions", "check", "--thesaurus", "/none", "x"])).Code);
        var (code, _, error) = await CommandHome.RunAsync(
            ["interactions", "check", "--thesaurus", Path.Combine(folder, "CIS_bdpm.txt"), "x"]);
        Assert.Equal(DmpCommand.Refused, code);
        Assert.Contains("no line begins with", error, StringComparison.Ordinal);
    }
}
