using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>The rules of the page, as they are written for a physician.</summary>
public sealed partial class PageRulesTests
{
    private const int RuleCount = 20;

    [Fact]
    public void Each_rule_stands_on_the_page_with_the_test_that_shows_it()
    {
        var tests = typeof(PageRulesTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Select(method => method.Name)
            .ToHashSet();
        var rules = Rule().Matches(Repository.Read("docs/care-page.md"))
            .ToDictionary(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match => match.Groups[2].Value);

        Assert.Equal(Enumerable.Range(1, RuleCount), rules.Keys.Order());
        Assert.All(rules, rule =>
        {
            Assert.StartsWith(FormattableString.Invariant($"P{rule.Key}_"), rule.Value, StringComparison.Ordinal);
            Assert.Contains(rule.Value, tests);
        });
    }

    [GeneratedRegex(@"^\| P(\d+) \|.*\| `(\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rule();
}
