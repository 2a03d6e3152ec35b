using System.Globalization;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Interactions;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using CodedValue = Dmp.Facts.V1.CodedValue;
using Fact = Dmp.Facts.V1.Fact;
using Medication = Dmp.Facts.V1.Medication;

namespace Dmp.Care.Medications;

/// <summary>
/// Which medicine a statement names: by the code of a product that the database has, or else by its substances, its ATC code, or its exact
/// name; or else it is its own.
/// </summary>
internal sealed class ProductMatcher(MedicineTable? table)
{
    private const int NameMax = 300;
    private const int AtcLength = 7;
    private const string Nameless = "Médicament non nommé";

    private readonly MedicineNames? names = table is null ? null : MedicineNames.Of(table);

    public ProductMatch Match(CareDocument document, Fact fact)
    {
        var medication = fact.Medication;
        var name = NameOf(medication);
        var product = medication.Codes.Select(Find).FirstOrDefault(found => found is not null);
        if (product is { Ingredients.Count: > 0 })
        {
            var set = SubstanceSet.Of(product, table!);
            return new ProductMatch(set.Key, product.Name, product, set, IsByText: false, OtherNameOf(medication, set));
        }

        if (product is not null)
        {
            return new ProductMatch($"c\u0001{product.Cis}", product.Name, product, Set: null, IsByText: false, OtherName: null);
        }

        if (BySubstance(medication) is { } stated)
        {
            return new ProductMatch(
                stated.Key, name.Length > 0 ? name : NameOf(stated), null, stated, IsByText: false, OtherNameOf(medication, stated));
        }

        if (name.Length > 0 && names?.Find(name, table!) is { } byText)
        {
            return new ProductMatch(byText.Key, name, null, byText, IsByText: true, OtherName: null);
        }

        var code = medication.Codes.FirstOrDefault(one => one.System is MedicineProduct.Cis or MedicineProduct.Cip && one.Code.Length > 0);
        var key = code is not null ? $"c\u0001{code.Code}"
            : NameWords.Of(name) is { Count: > 0 } words ? $"n\u0001{string.Join(' ', words)}"
            : name.Length > 0 ? $"n\u0001{Names.Key(name)}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"x\u0001{document.DocumentId}\u0001{document.Version}\u0001{fact.Source?.Entry}\u0001{fact.Source?.Place}");
        return new ProductMatch(key, name.Length > 0 ? name : Nameless, null, Set: null, IsByText: false, OtherName: null);
    }

    /// <summary>The name of the product in the words of the document. May be empty.</summary>
    public static string NameOf(Medication medication)
    {
        var name = !string.IsNullOrWhiteSpace(medication.Name) ? medication.Name
            : medication.Codes.Select(code => code.Display).FirstOrDefault(display => !string.IsNullOrWhiteSpace(display))
                ?? medication.ProductText;
        return Words.Cut(name.Trim(), NameMax);
    }

    private static string NameOf(SubstanceSet set) => string.Join(" + ", set.Substances.Select(substance => substance.Name));

    private SubstanceSet? BySubstance(Medication medication)
    {
        List<string> stated =
        [
            .. medication.Ingredients
                .Select(ingredient => ingredient.Name.Length > 0 ? ingredient.Name : ingredient.Substance?.Display ?? "")
                .Where(name => Names.Key(name).Length > 0),
        ];
        if (stated.Count == 0
            && medication.Codes.FirstOrDefault(code => code is { System: MedicineProduct.Atc, Code.Length: AtcLength }
                && Names.Key(code.Display).Length > 0) is { } atc)
        {
            stated.Add(atc.Display);
        }

        if (stated.Count == 0)
        {
            return null;
        }

        return new SubstanceSet(stated.Select(name => (Name: name, Acting: ActingName.Of(name, table)))
            .Select(one => new StatedSubstance(one.Acting.Key, one.Acting.Name, Words.Cut(one.Name, NameMax))));
    }

    /// <summary>Only what means exactly one medicine contradicts a code.</summary>
    private string? OtherNameOf(Medication medication, SubstanceSet set) => names is null
        ? null
        : new[] { medication.Name, medication.ProductText }
            .Where(text => !string.IsNullOrWhiteSpace(text))
            .FirstOrDefault(text => names.Find(text, table!) is { } other && other.Key != set.Key) is { } words
                ? Words.Cut(words, NameMax)
                : null;

    /// <summary>
    /// A code CIS or a short CIP by its system; a CIP of thirteen digits by itself, as documents have it under several systems.
    /// </summary>
    private Medicine? Find(CodedValue code) => table is null ? null
        : code.System == MedicineProduct.Cis ? table.ByCis.GetValueOrDefault(code.Code)
        : code.System == MedicineProduct.Cip || code.Code.Length == 13 ? table.Find(code.Code)
        : null;
}
