using System.Text.RegularExpressions;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Care.Tests.Exams;

/// <summary>The page on examinations says what there is.</summary>
public sealed partial class ExamPageTests
{
    [Theory]
    [InlineData('E', 14, "docs/care-exams.md")]
    [InlineData('T', 8, "docs/care-exams.md")]
    public void Each_rule_stands_on_the_page_with_the_test_that_shows_it(char letter, int count, string file)
    {
        var tests = typeof(ExamPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Select(method => method.Name)
            .ToHashSet();
        var rules = Rule().Matches(Repository.Read(file))
            .Where(match => match.Groups[1].Value[0] == letter)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        Assert.Equal(Enumerable.Range(1, count).Select(number => $"{letter}{number}").Order(), rules.Keys.Order());
        Assert.All(rules, rule =>
        {
            Assert.StartsWith($"{rule.Key}_", rule.Value, StringComparison.Ordinal);
            Assert.Contains(rule.Value, tests);
        });
    }

    [Fact]
    public void The_page_tells_how_many_imaging_acts_there_are()
    {
        var rows = Repository.Read("src/Dmp.Care/Exams/imaging-acts.tsv").Split('\n').Count(line => line.Length > 0 && line[0] != '#');
        Assert.Contains($"has {rows} rows", Repository.Read("docs/care-exams.md"), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| ([ET]\d+) \|.*\| `(\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rule();
}
