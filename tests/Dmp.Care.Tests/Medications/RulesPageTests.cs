using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Care.Medications;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Care.Tests.Medications;

/// <summary>The pages on the rules and on the dangerous groups say what there is.</summary>
public sealed partial class RulesPageTests
{
    private const int RuleCount = 42;

    [Fact]
    public void Each_rule_stands_on_the_page_with_the_test_that_shows_it()
    {
        var tests = typeof(RulesPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Select(method => method.Name)
            .ToHashSet();
        var rules = Rule().Matches(Repository.Read("docs/care-rules.md"))
            .ToDictionary(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match => match.Groups[2].Value);

        Assert.Equal(Enumerable.Range(1, RuleCount), rules.Keys.Order());
        Assert.All(rules, rule =>
        {
            Assert.StartsWith(FormattableString.Invariant($"M{rule.Key}_"), rule.Value, StringComparison.Ordinal);
            Assert.Contains(rule.Value, tests);
        });
    }

    [Fact]
    public void Each_dangerous_group_stands_on_the_page()
    {
        var page = Repository.Read("docs/care.md");
        Assert.All(DangerousMedicines.Embedded.Groups, group => Assert.Contains($"`{group.Code}`", page, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| M(\d+) \|.*\| `(\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rule();
}
