using Dmp.Interactions.Checks;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Thesauri;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>The library beside a second reading of the same files: every rule that one finds the other finds.</summary>
public sealed class AgreementTests
{
    [Theory]
    [InlineData("2020-10")]
    [InlineData("2023-09")]
    public void Both_readings_find_the_same_rules(string edition)
    {
        var isText = edition == "2023-09";
        var second = isText
            ? SecondReading.OfText(Editions.File("ansm", "thesaurus_2023-09.layout.txt"))
            : SecondReading.OfJson(Editions.File("ansm", "substances_2020-10.json"), Editions.File("ansm", "interactions_2020-10.json"));
        var thesaurus = (isText ? Editions.Text2023 : Editions.Json2020).Thesaurus;
        var checker = new InteractionChecker(thesaurus, null);
        var names = thesaurus.Substances.Keys.Order(StringComparer.Ordinal).ToList();

        // Nobody publishes how often a substance is prescribed beside these files: those of the most products stand for it.
        var common = Common(thesaurus).ToList();
        Assert.Equal(200, common.Count);
        var random = new Random(20261130);
        var pairs = Enumerable.Range(0, 10_000).Select(_ => (names[random.Next(names.Count)], names[random.Next(names.Count)]))
            .Concat(from one in common from other in common where string.CompareOrdinal(one, other) < 0 select (one, other))
            .ToList();
        var (met, differences) = (0, new List<string>());
        foreach (var (one, other, rows) in second.Meet(pairs))
        {
            var pair = checker.Check([new CheckItem { SubstanceName = one }, new CheckItem { SubstanceName = other }]).Pairs[0];
            SortedSet<string> ours = new(pair.Findings.Select(Ends), StringComparer.Ordinal);
            met += rows.Count;

            // "X + Y" is met by both together, and by neither alone: the second reading knows no combinations, and takes either.
            rows.RemoveWhere(row => row.Contains(" + ", StringComparison.Ordinal));
            if (!ours.SetEquals(rows))
            {
                var (alone, missing) = (string.Join("; ", ours.Except(rows)), string.Join("; ", rows.Except(ours)));
                differences.Add($"{one} + {other}: ours alone {alone}, theirs alone {missing}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{edition}: {pairs.Count} pairs, {met} rules met, {differences.Count} pairs differ");
        Assert.True(met > 2_500, $"only {met} rules were met");
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(40)));
    }

    private static string Ends(Finding finding) => string.Join(
        " x ",
        new[] { SecondReading.Fold(finding.FirstEnd.Name), SecondReading.Fold(finding.SecondEnd.Name) }.Order(StringComparer.Ordinal));

    private static IEnumerable<string> Common(Thesaurus thesaurus)
    {
        var mapper = new SubstanceMapper(thesaurus);
        var table = Editions.Bdpm2026.Table;
        return table.ByCis.Values
            .Where(medicine => medicine.IsMarketed)
            .SelectMany(medicine => medicine.Ingredients
                .SelectMany(ingredient => mapper.Map(ingredient, table))
                .Select(mapping => mapping.Key)
                .OfType<string>()
                .Distinct())
            .CountBy(key => key)
            .OrderByDescending(entry => entry.Value)
            .ThenBy(entry => entry.Key, StringComparer.Ordinal)
            .Take(200)
            .Select(entry => entry.Key);
    }
}
