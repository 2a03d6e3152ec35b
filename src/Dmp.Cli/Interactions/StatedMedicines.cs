using Dmp.Cli.Facts;
using Dmp.Facts.Model;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;

namespace Dmp.Cli.Interactions;

/// <summary>The medicines that a document states, as items of a check, each with where it stands.</summary>
internal static class StatedMedicines
{
    /// <summary>
    /// What the patient has or had: not what somebody else has, what was not given, and what is only held responsible for an effect.
    /// </summary>
    public static IEnumerable<(CheckItem Item, string? Source)> Of(FileInfo file, MedicineTable? table)
    {
        var reading = FactsCommand.ReadFile(file);
        if (reading.Failure is not null)
        {
            throw new RefusedException($"{file.Name}: {reading.Failure}");
        }

        return reading.Medications
            .Where(medication => medication is { IsNegated: false, Subject: null, Role: not MedicationRole.Implicated })
            .Select(medication => (ItemOf(medication.Product, table), (string?)SourceOf(medication, file)));
    }

    private static string SourceOf(Medication medication, FileInfo file) =>
        $"{FactsCommand.Name(medication.Product)}, {medication.Role.ToString().ToLowerInvariant()} in {file.Name}, "
        + $"section {medication.Source.Section}";

    /// <summary>A product that the database has, by whichever of its codes; or else the substance that its class is named after.</summary>
    private static CheckItem ItemOf(MedicineProduct product, MedicineTable? table)
    {
        var codes = product.Codes.Select(code => code.Code!).ToList();
        var known = codes.FirstOrDefault(code => table is not null && (table.ByCis.ContainsKey(code) || table.CisByCip.ContainsKey(code)));
        var substance = product.Codes.FirstOrDefault(code => code is { System: MedicineProduct.Atc, Code.Length: 7 })?.Display
            ?? product.Ingredients.Select(ingredient => ingredient.Name).FirstOrDefault(name => name is not null);
        return new CheckItem { ProductCode = known, SubstanceName = substance ?? FactsCommand.Name(product) };
    }
}
