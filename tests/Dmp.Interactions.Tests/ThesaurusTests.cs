using Dmp.Interactions.Thesauri;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>Both published editions, by what was counted in them by hand and by other means.</summary>
public sealed class ThesaurusTests
{
    [Fact]
    public void The_text_of_2023_has_each_of_its_rules()
    {
        var (thesaurus, notices) = (Editions.Text2023.Thesaurus, Editions.Text2023.Notices);

        // 3,216 lines begin with a plus sign, and two rules stand in the notes of a heading.
        Assert.Equal(3218, thesaurus.Rules.Sum(rule => rule.Lines.Count));
        Assert.DoesNotContain(notices, notice => notice.IsFault);
        Assert.Equal(1624, thesaurus.Rules.Count);
        Assert.All(thesaurus.Rules, rule => Assert.NotEmpty(rule.Severities));
        Assert.Equal(69, thesaurus.Rules.Count(rule => rule.Severities.Count > 1));

        // One end names a class that this edition has no list of.
        var unlisted = Assert.Single(notices, notice => notice.Text.Contains("no such class", StringComparison.Ordinal));
        Assert.Equal((10956, "AUTRES MÉDICAMENTS AGISSANT SUR L'HÉMOSTASE"), (unlisted.Line, unlisted.Text.Split(':')[0]));
        Assert.Equal(1, thesaurus.Rules.Count(rule => rule.First.Members.Count == 0 || rule.Second.Members.Count == 0));
        Assert.Equal(thesaurus.Rules.Count, thesaurus.Rules.Select(rule => rule.Id).Distinct().Count());
    }

    [Fact]
    public void What_the_table_of_2023_lacks_or_weakens_is_told_with_its_line()
    {
        var notices = Editions.Text2023.Notices;
        foreach (var line in new[] { 254, 1411, 5020, 7775, 8854 })
        {
            Assert.Contains(notices, notice => notice.Line == line && notice.Text.Contains("not in", StringComparison.Ordinal));
        }

        // 46 are missing, two stand in notes, and three have another heading there: a name that was cut.
        Assert.Equal(51, notices.Count(notice => notice.Text.Contains(": not in", StringComparison.Ordinal)));
        Assert.Equal(3, notices.Count(notice => notice.Text.Contains("alone", StringComparison.Ordinal)));
        Assert.Equal(84, notices.Count(notice => notice.Text.Contains("several levels", StringComparison.Ordinal)));

        // Of several levels the table has the weakest, each time.
        Assert.All(
            notices.Where(notice => notice.Text.Contains("several levels", StringComparison.Ordinal)),
            notice =>
            {
                var rule = Editions.Text2023.Thesaurus.Rules.Single(rule => rule.Lines.Contains(notice.Line));
                var word = rule.Severities.Max(severity => severity.Level) == InteractionLevel.TakeIntoAccount ? "APEC" : "PE";
                Assert.Contains($", and {word} in", notice.Text, StringComparison.Ordinal);
            });
    }

    [Theory]
    [InlineData("ACIDE ACETYLSALICYLIQUE", "ANTICOAGULANTS ORAUX", "Contraindication NotRecommended TakeIntoAccount")]
    [InlineData("ACIDE ACETYLSALICYLIQUE", "METHOTREXATE", "Contraindication PrecautionForUse")]
    [InlineData("COLCHICINE", "INHIBITEURS PUISSANTS DU CYP3A4", "Contraindication NotRecommended")]
    [InlineData("FIBRATES", "INHIBITEURS DE L'HMG-COA RÉDUCTASE (STATINES)", "Contraindication NotRecommended")]
    [InlineData("ANTIARYTHMIQUES", "AUTRES ANTIARYTHMIQUES", "Contraindication NotRecommended TakeIntoAccount")]
    [InlineData("ANTICHOLINESTÉRASIQUES", "AUTRES MEDICAMENTS ANTICHOLINESTERASIQUES", "TakeIntoAccount")]
    [InlineData("ANTIAGRÉGANTS PLAQUETTAIRES", "ANTICOAGULANTS ORAUX", "TakeIntoAccount")]
    [InlineData("MÉDICAMENTS SÉDATIFS", "AUTRES MÉDICAMENTS SÉDATIFS", "Contraindication NotRecommended TakeIntoAccount")]
    public void A_rule_of_several_levels_keeps_each(string first, string second, string levels)
    {
        var rule = Rule(Editions.Text2023.Thesaurus, first, second);
        Assert.Equal(levels, string.Join(' ', rule.Severities.Select(severity => severity.Level)));
    }

    [Fact]
    public void A_level_has_the_text_below_its_title_and_columns_are_kept_apart()
    {
        var rule = Rule(Editions.Text2023.Thesaurus, "ACIDE ACETYLSALICYLIQUE", "CLOPIDOGREL");
        Assert.Equal("Majoration du risque hémorragique par addition des activités antiagrégantes plaquettaires.", rule.Mechanism);
        Assert.Equal(
            "Précaution d'emploi :\n- dans les indications validées pour cette association dans les syndromes coronariens aigus. "
            + "Surveillance clinique.",
            rule.Severities[1].Text);
        Assert.Equal([183, 4740], rule.Lines);
    }

    [Fact]
    public void A_name_that_is_longer_than_a_line_is_one_name()
    {
        var name = "SUBSTANCES À ABSORPTION RÉDUITE PAR LES TOPIQUES GASTRO-INTESTINAUX, ANTIACIDES ET ADSORBANTS";
        var rule = Rule(Editions.Text2023.Thesaurus, name, "TOPIQUES GASTRO-INTESTINAUX, ANTIACIDES ET ADSORBANTS");
        Assert.Equal(2, rule.Lines.Count);
        Assert.Contains("acide alendronique", rule.First.Members.Concat(rule.Second.Members));
    }

    [Fact]
    public void Classes_have_the_members_of_their_own_edition()
    {
        var thesaurus = Editions.Text2023.Thesaurus;

        // What a name takes out is already out of its list: esmolol slows the heart and is not in the class without it.
        Assert.Contains(thesaurus.Classes["esmolol"], name => Names.Key(name) == "bradycardisants");
        Assert.DoesNotContain(thesaurus.Classes["esmolol"], name => name.Contains("SAUF ESMOLOL", StringComparison.Ordinal));
        Assert.Contains(thesaurus.Classes["cenobamate"], name => Names.Key(name) == "medicaments sedatifs");
        Assert.DoesNotContain(Editions.Json2020.Thesaurus.Substances.Keys, key => key == "cenobamate");
        Assert.Equal(RuleEndKind.Combination, End("OMBITASVIR + PARITAPRÉVIR").Kind);
        Assert.Equal(
            ["capecitabine", "fluorouracile", "gimeracil", "oteracil", "tegafur"],
            [.. End("FLUOROURACILE (ET, PAR EXTRAPOLATION, AUTRES FLUOROPYRIMIDINES)").Members.Order()]);
    }

    [Fact]
    public void The_JSON_of_2020_is_read_whole()
    {
        var (thesaurus, notices) = (Editions.Json2020.Thesaurus, Editions.Json2020.Notices);
        Assert.Empty(notices);
        Assert.Equal(3139, thesaurus.Rules.Sum(rule => rule.Lines.Count));
        Assert.Equal(1584, thesaurus.Rules.Count);

        // The hyphen of a printed line: 195 names of classes are 191.
        Assert.Equal(191, thesaurus.Classes.Values.SelectMany(names => names).Distinct().Count());
    }

    [Fact]
    public void A_rule_has_the_same_id_at_each_reading_and_another_in_each_edition()
    {
        var again = TextThesaurus.Read("2023-09", PublishedFile.At(Editions.File("ansm", "thesaurus_2023-09.layout.txt")));
        Assert.Equal(
            Editions.Text2023.Thesaurus.Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            again.Thesaurus.Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal));
        var of2020 = Editions.Json2020.Thesaurus.Rules.Select(rule => rule.Id);
        Assert.Empty(again.Thesaurus.Rules.Select(rule => rule.Id).Intersect(of2020));
    }

    private static RuleEnd End(string name) =>
        Editions.Text2023.Thesaurus.Rules.SelectMany(rule => new[] { rule.First, rule.Second }).First(end => end.Name == name);

    private static Rule Rule(Thesaurus thesaurus, string first, string second) => thesaurus.Rules.Single(rule =>
        (Names.Key(rule.First.Name) == Names.Key(first) && Names.Key(rule.Second.Name) == Names.Key(second))
        || (Names.Key(rule.First.Name) == Names.Key(second) && Names.Key(rule.Second.Name) == Names.Key(first)));
}
