using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>What acts in a medicine, by its name without its salt.</summary>
public sealed class ActingNameTests
{
    private static readonly MedicineTable table =
        BdpmFiles.Read("small", PublishedFile.In(Path.Combine(AppContext.BaseDirectory, "Small"))).Table;

    [Theory]
    [InlineData("WARFARINE SODIQUE", "warfarine", "warfarine")]
    [InlineData("BÉSILATE D'AMLODIPINE", "amlodipine", "amlodipine")]
    [InlineData("RANITIDINE (CHLORHYDRATE DE)", "ranitidine", "ranitidine")]
    [InlineData("ACÉTYLSALICYLIQUE (ACIDE)", "acide acetylsalicylique", "acide acétylsalicylique")]
    [InlineData("PÉRINDOPRIL TERT-BUTYLAMINE", "perindopril", "périndopril")]
    [InlineData("CHLORURE DE POTASSIUM", "chlorure de potassium", "chlorure de potassium")]
    [InlineData("CARBONATE DE LITHIUM", "carbonate de lithium", "carbonate de lithium")]
    [InlineData("INSULINE GLARGINE", "insuline glargine", "insuline glargine")]
    [InlineData("CHLORHYDRATE", "chlorhydrate", "chlorhydrate")]
    [InlineData("...", "...", "...")]
    public void A_salt_is_left_out_and_what_an_ion_would_be_left_of_is_kept(string name, string key, string shown) =>
        Assert.Equal(new ActingName(key, shown), ActingName.Of(name));

    [Fact]
    public void What_acts_comes_before_what_is_contained_and_names_of_one_code_are_one()
    {
        var clopidogrel = table.ByCis["60562855"].Ingredients;
        Assert.Equal(["clopidogrel"], clopidogrel.SelectMany(one => ActingName.Of(one, table)).Select(acting => acting.Key));
        Assert.Equal("warfarine", ActingName.Of("Warfarine sodique", table).Key);
    }
}
