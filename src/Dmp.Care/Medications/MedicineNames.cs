using System.Runtime.CompilerServices;
using Dmp.Care.V1;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;

namespace Dmp.Care.Medications;

/// <summary>
/// The names of an edition of the medicines database: which set of substances a written name means, where it means one alone. Made once
/// for an edition, when it is first asked.
/// </summary>
internal sealed class MedicineNames
{
    private static readonly ConditionalWeakTable<MedicineTable, MedicineNames> made = [];

    // By each form of a name: the substances of the products that bear it; null when they are not the same.
    private readonly Dictionary<string, SubstanceSet?> byName = [];

    // By a set of substances: whether its products are systemic alone.
    private readonly Dictionary<string, bool> isSystemic = [];
    private readonly HashSet<string> substances = [];

    private MedicineNames(MedicineTable table)
    {
        foreach (var product in table.ByCis.Values.Where(product => !product.IsHomeopathic && product.Ingredients.Count > 0))
        {
            var set = SubstanceSet.Of(product, table);
            substances.UnionWith(set.Substances.Select(substance => substance.Key));
            foreach (var form in NameWords.FormsOf(product.Name))
            {
                byName[form] = !byName.TryGetValue(form, out var known) || known?.Key == set.Key ? set : null;
            }

            isSystemic[set.Key] = isSystemic.GetValueOrDefault(set.Key, true) && Routes.OfProduct(product) == RouteGroup.Systemic;
        }
    }

    public static MedicineNames Of(MedicineTable table) => made.GetValue(table, made => new MedicineNames(made));

    /// <summary>By the exact name of one product or substance, in any of its forms (M35); null when it means none or several.</summary>
    public SubstanceSet? Find(string text, MedicineTable table)
    {
        foreach (var form in NameWords.FormsOf(text))
        {
            if (byName.TryGetValue(form, out var set) && set is not null)
            {
                return set;
            }
        }

        foreach (var form in NameWords.FormsOf(text).Append(text))
        {
            var acting = ActingName.Of(form, table);
            if (substances.Contains(acting.Key))
            {
                return new SubstanceSet([new StatedSubstance(acting.Key, acting.Name, text)]);
            }
        }

        return null;
    }

    /// <summary>All products of the substances act on the whole body.</summary>
    public bool IsSystemicOnly(string setKey) => isSystemic.GetValueOrDefault(setKey);
}
