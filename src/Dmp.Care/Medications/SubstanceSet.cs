using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;

namespace Dmp.Care.Medications;

/// <summary>A substance as a statement has it.</summary>
/// <param name="Key">The same for all names of the substance.</param>
/// <param name="Name">To show, without its salt.</param>
/// <param name="Stated">As published or stated.</param>
internal sealed record StatedSubstance(string Key, string Name, string Stated);

/// <summary>The substances of a product: what makes two products one treatment (M1, M2, M5).</summary>
internal sealed class SubstanceSet
{
    private const int SubstancesMax = 50;

    public SubstanceSet(IEnumerable<StatedSubstance> substances)
    {
        Substances =
        [
            .. substances.DistinctBy(substance => substance.Key)
                .OrderBy(substance => substance.Key, StringComparer.Ordinal)
                .Take(SubstancesMax),
        ];
        Key = string.Join('\u0001', Substances.Select(substance => substance.Key).Prepend("s"));
    }

    public string Key { get; }

    public IReadOnlyList<StatedSubstance> Substances { get; }

    public static SubstanceSet Of(Medicine product, MedicineTable table) => new(product.Ingredients.SelectMany(ingredient =>
        ActingName.Of(ingredient, table).Select((acting, place) => new StatedSubstance(
            acting.Key, acting.Name, ingredient.Contained.ElementAtOrDefault(place)?.Name ?? ingredient.Therapeutic[place].Name))));
}
