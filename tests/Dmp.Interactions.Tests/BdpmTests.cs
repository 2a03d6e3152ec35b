using System.Globalization;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>Two published editions of the medicines database.</summary>
public sealed class BdpmTests
{
    [Fact]
    public void Every_row_is_read_and_odd_ones_are_told()
    {
        Assert.Empty(Editions.Bdpm2026.Notices);
        Assert.Equal(15848, Editions.Bdpm2026.Table.ByCis.Count);
        Assert.Equal(12273, Editions.Bdpm2026.Table.ByCis.Values.Count(IsOrdinary));
        Assert.Equal(12258, Editions.Bdpm2022.Table.ByCis.Values.Count(IsOrdinary));

        // Three compositions of 2022 have twelve columns.
        Assert.Equal(3, Editions.Bdpm2022.Notices.Count(notice => notice.File == "CIS_COMPO_bdpm.txt" && notice.Text == "12 columns"));
    }

    [Fact]
    public void Each_line_is_read_in_its_own_encoding()
    {
        var table = Editions.Bdpm2022.Table;
        Assert.All(table.ByCis.Values, medicine => Assert.DoesNotContain('\ufffd', medicine.Name));
        Assert.All(table.ByCis.Values, medicine => Assert.DoesNotContain("Ã©", medicine.Name, StringComparison.Ordinal));
        Assert.Contains(table.ByCis.Values, medicine => medicine.Form == "comprimé pelliculé");
    }

    [Fact]
    public void A_product_is_found_by_its_pack()
    {
        var table = Editions.Bdpm2026.Table;
        Assert.Equal("60002283", table.CisByCip["4949729"]);
        Assert.Equal("60002283", table.CisByCip["3400949497294"]);
        Assert.Contains("B01AC04", table.ByCis["60562855"].Atc);
        Assert.Empty(table.ByCis["64631925"].Atc);
    }

    [Theory]
    [InlineData("60562855", "clopidogrel", MappingRule.WithoutParentheses, MappingRule.TherapeuticName, MappingRule.WithoutSalt)]
    [InlineData("64631925", "warfarine", MappingRule.WithoutSalt)]
    public void A_substance_is_found_under_its_name_in_the_thesaurus(string cis, string key, params MappingRule[] rules)
    {
        var mapping = Assert.Single(Map(cis));
        Assert.Equal((key, MappingOutcome.Named), (mapping.Key, mapping.Outcome));
        Assert.Contains(mapping.Rule, rules);
    }

    [Fact]
    public void What_acts_and_what_is_contained_are_one_ingredient_in_either_order()
    {
        // AUGMENTIN has the row of what acts before the other in one group and behind it in the next.
        var mappings = Map("66053338");
        Assert.Equal(2, mappings.Count);
        Assert.Equal(["amoxicilline", null], mappings.Select(mapping => mapping.Key));
        Assert.Equal(MappingOutcome.NotNamed, mappings[1].Outcome);

        // The dose is that of the label.
        Assert.StartsWith("100", Assert.Single(Map("68416845")).Dose, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ingredient_with_several_names_is_each_that_acts()
    {
        // Published as one contained substance and two that act, or the other way round.
        var several = Editions.Bdpm2026.Table.ByCis.Values
            .SelectMany(medicine => medicine.Ingredients)
            .Where(ingredient => ingredient.Contained.Count > 1 || ingredient.Therapeutic.Count > 1)
            .ToList();
        Assert.Equal(24, several.Count);
        var mapper = new SubstanceMapper(Editions.Text2023.Thesaurus);
        Assert.All(several, ingredient => Assert.InRange(
            mapper.Map(ingredient, Editions.Bdpm2026.Table).Count,
            1,
            Math.Max(ingredient.Contained.Count, ingredient.Therapeutic.Count)));
        Assert.Contains(several, ingredient => mapper.Map(ingredient, Editions.Bdpm2026.Table).Count == 2);
    }

    [Fact]
    public void A_name_that_was_looked_up_in_one_edition_says_nothing_in_another()
    {
        Assert.Equal(MappingOutcome.NotNamed, In("2023-09"));
        Assert.Equal(MappingOutcome.Unknown, In("2027-01"));

        static MappingOutcome In(string edition) => new SubstanceMapper(Editions.Text2023.Thesaurus with { Edition = edition })
            .Map("glucose monohydraté", Editions.Bdpm2026.Table).Outcome;
    }

    [Fact]
    public void Each_row_of_the_tables_names_something_of_an_edition()
    {
        Thesaurus[] editions = [Editions.Json2020.Thesaurus, Editions.Text2023.Thesaurus];
        var names = editions.SelectMany(edition => edition.Substances.Keys).ToHashSet();
        var classes = editions.SelectMany(edition => edition.Classes.Values.SelectMany(of => of)).Select(Names.Key).ToHashSet();
        Assert.All(EmbeddedTable.Rows("synonyms.tsv"), row => Assert.Contains(Names.Key(row[1]), names));
        Assert.All(
            EmbeddedTable.Rows("local-routes.tsv").Where(row => row[0] == "except"),
            row => Assert.Contains(Names.Key(row[3]), row[2] == "class" ? classes : names));
    }

    [Theory]
    [InlineData("valproate de sodium", "acide valproique")]
    [InlineData("atorvastatine calcique trihydratée", "atorvastatine")]
    [InlineData("bésilate d'amlodipine", "amlodipine")]
    [InlineData("amlodipine (bésilate d')", "amlodipine")]
    [InlineData("salmétérol (xinafoate de)", "salmeterol")]
    [InlineData("chlorure de potassium", "potassium")]
    [InlineData("Clopidogrel", "clopidogrel")]
    [InlineData("lévétiracétam", null)]
    [InlineData("sodium", null)]
    [InlineData("aspirine", null)]
    [InlineData("chlorhydrate de", null)]
    public void A_name_is_found_however_it_is_written(string name, string? key) =>
        Assert.Equal(key, new SubstanceMapper(Editions.Text2023.Thesaurus).Map(name, Editions.Bdpm2026.Table).Key);

    [Theory]
    [InlineData("lévétiracétam", MappingOutcome.NotNamed)]
    [InlineData("aspirine", MappingOutcome.Unknown)]
    [InlineData("cachets bleus", MappingOutcome.Unknown)]
    public void No_rule_exists_only_for_what_somebody_named(string name, MappingOutcome outcome) =>
        Assert.Equal(outcome, new SubstanceMapper(Editions.Text2023.Thesaurus).Map(name, Editions.Bdpm2026.Table).Outcome);

    /// <summary>What is wanted: 69 % of the products fully mapped, and fewer than 5 % of which nothing can be said.</summary>
    [Fact]
    public void Products_are_covered()
    {
        // The page says the same.
        var page = Repository.Read("docs/interactions.md");
        foreach (var medicines in new[] { Editions.Bdpm2026.Table, Editions.Bdpm2022.Table })
        {
            foreach (var thesaurus in new[] { Editions.Json2020.Thesaurus, Editions.Text2023.Thesaurus })
            {
                var mapper = new SubstanceMapper(thesaurus);
                var products = medicines.ByCis.Values.Where(IsOrdinary)
                    .Select(medicine => medicine.Ingredients.SelectMany(ingredient => mapper.Map(ingredient, medicines)).ToList())
                    .ToList();
                var whole = products.Count(substances => substances.Count > 0 && substances.All(substance => substance.Key is not null));
                var unknown = products.Count(InteractionChecker.IsUnknown);
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"{medicines.Edition} by {thesaurus.Edition}: {whole} of {products.Count} whole, {unknown} with something unknown");
                Assert.InRange(whole / (double)products.Count, 0.69, 1);
                Assert.InRange(unknown / (double)products.Count, 0, 0.05);
                var cell = string.Create(CultureInfo.InvariantCulture, $"| {whole:N0} whole, {unknown} not known");
                Assert.Contains(cell, page, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A mapping never loses what it is about: something of the name that was found stands in a name of the product.</summary>
    [Fact]
    public void No_mapping_without_synonym_leaves_the_names_of_the_product()
    {
        var mapper = new SubstanceMapper(Editions.Text2023.Thesaurus);
        var table = Editions.Bdpm2026.Table;
        foreach (var ingredient in table.ByCis.Values.SelectMany(medicine => medicine.Ingredients))
        {
            var names = ingredient.Contained.Concat(ingredient.Therapeutic).SelectMany(name => table.NamesByCode[name.Code]).ToList();
            foreach (var mapping in mapper.Map(ingredient, table))
            {
                if (mapping is { Key: { } key, Rule: < MappingRule.AcidTurned })
                {
                    var last = key.Split(' ')[^1].Trim('(', ')');
                    Assert.Contains(names, name => Names.Key(name).Contains(last, StringComparison.Ordinal));
                }
            }
        }
    }

    private static bool IsOrdinary(Medicine medicine) => medicine is { IsMarketed: true, IsHomeopathic: false };

    private static IReadOnlyList<SubstanceMapping> Map(string cis) => Editions.Checker.Map(Editions.Bdpm2026.Table.ByCis[cis]);
}
