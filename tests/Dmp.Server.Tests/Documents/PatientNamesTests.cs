using CsCheck;
using Dmp.Server.Media;
using Xunit;

namespace Dmp.Server.Tests.Documents;

/// <summary>Names as registries, hospitals and people write them.</summary>
public sealed class PatientNamesTests
{
    [Theory]
    [InlineData("JEAN-PIERRE", "JEAN-PIERRE", true)]
    [InlineData("Jean Pierre", "JEAN-PIERRE", true)]
    [InlineData("JEANPIERRE", "JEAN PIERRE", true)]
    [InlineData("Jean-Pierre Marie", "JEAN-PIERRE", true)]
    [InlineData("Jean", "JEAN-PIERRE", false)]
    [InlineData("Jean-Pierre", "JEAN", false)]
    [InlineData("Jean Paul", "JEAN", true)]
    [InlineData("Jean-Paul", "JEAN|PAUL", true)]
    [InlineData("JEAN", "JEAN PIERRE", true)]
    [InlineData("JEAN PAUL", "JEAN PIERRE", false)]
    [InlineData("ANNELISE", "ANNE", false)]
    [InlineData("Anne", "ANNELISE", false)]
    [InlineData("Zo\u00e9", "ZOE", true)]
    [InlineData("Zoe\u0301", "ZOE", true)]
    [InlineData("L\u00e9a", "LEA|MARIE", true)]
    [InlineData("MARIE", "LEA|MARIE", false)]
    [InlineData("", "LEA", false)]
    public void The_first_given_name_is_compared_as_a_name_and_not_as_letters(string written, string recorded, bool agrees) =>
        Assert.Equal(agrees, PatientNames.GivenAgrees(written, recorded.Split('|')));

    [Theory]
    [InlineData("MODELE PAUL")]
    [InlineData("Paul MODELE")]
    [InlineData("M. Paul Mod\u00e8le")]
    [InlineData("MODELE, Paul")]
    [InlineData("Monsieur  MODELE\u00a0Paul Henri")]
    [InlineData("Paul Henri MODELE")]
    [InlineData("DURAND n\u00e9e MODELE Paul")]
    [InlineData("Paul DURAND n\u00e9(e) MODELE")]
    public void A_name_in_one_text_is_found_in_either_order(string text) =>
        Assert.Equal((true, true), PatientNames.FindIn(text, "MODELE", ["PAUL", "HENRI"]));

    [Theory]
    [InlineData("AUTRE CLAIRE", false, false)]
    [InlineData("MODELE CLAIRE", true, false)]
    [InlineData("AUTRE PAUL", false, true)]
    [InlineData("MODELE", true, false)]
    [InlineData("MODELE Jean-Paul", true, false)]
    [InlineData("MODELE Jean Paul", true, false)]
    [InlineData("Pauline MODELE", true, false)]
    [InlineData("MODELEPAUL", false, false)]
    public void Another_name_in_one_text_is_not(string text, bool family, bool given) =>
        Assert.Equal((family, given), PatientNames.FindIn(text, "MODELE", ["PAUL"]));

    [Theory]
    [InlineData("de la Tour-Maubourg Anne", "DE LA TOUR MAUBOURG", "ANNE")]
    [InlineData("Anne D'ARC", "DARC", "ANNE")]
    [InlineData("MARTIN MARTIN", "MARTIN", "MARTIN")]
    [InlineData("L\u0153uillet C\u00e6sar", "LOEUILLET", "CAESAR")]
    public void Names_of_several_words_are_found(string text, string family, string given) =>
        Assert.Equal((true, true), PatientNames.FindIn(text, family, [given]));

    [Fact]
    public void One_word_is_not_both_names() => Assert.Equal((true, false), PatientNames.FindIn("MARTIN", "MARTIN", ["MARTIN"]));

    [Fact]
    public void Where_separators_are_changes_nothing_for_the_family_name() =>
        Gen.Select(Gen.Char['A', 'Z'].Array[1, 20], Gen.Int[0, 4]).Sample((letters, separator) =>
            PatientNames.Key(string.Join(((string[])[" ", "-", "'", "\u2019", ""])[separator], letters)) == PatientNames.Key(
                new string(letters).ToLowerInvariant()));

    [Fact]
    public void No_text_makes_it_throw() =>
        Gen.Select(Gen.String, Gen.String, Gen.String).Sample((text, family, given) =>
        {
            PatientNames.FindIn(text, family, [given]);
            PatientNames.GivenAgrees(text, [given]);
        });
}
