using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Care.Tests.Summaries;

/// <summary>The rules of the patient summary, as they are written for a physician.</summary>
public sealed partial class IpsPageTests
{
    private const int RuleCount = 13;

    [Fact]
    public void Each_rule_stands_on_the_page_with_the_test_that_shows_it()
    {
        var tests = typeof(IpsRuleTests).GetMethods().Select(method => method.Name).ToHashSet();
        var rules = Rule().Matches(Repository.Read("docs/care-ips.md"))
            .ToDictionary(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match => match.Groups[2].Value);

        Assert.Equal(Enumerable.Range(1, RuleCount), rules.Keys.Order());
        Assert.All(rules, rule =>
        {
            Assert.StartsWith(FormattableString.Invariant($"S{rule.Key}_"), rule.Value, StringComparison.Ordinal);
            Assert.Contains(rule.Value, tests);
        });
    }

    [GeneratedRegex(@"^\| S(\d+) \|.*\| `(\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rule();
}
