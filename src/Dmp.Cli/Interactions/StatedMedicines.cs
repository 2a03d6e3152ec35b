using Dmp.Cli.Facts;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;

namespace Dmp.Cli.Interactions;

/// <summary>The medicines that a document states, as items of a check, each with where it stands.</summary>
internal static class StatedMedicines
{
    /// <summary>
    /// What the patient has or had: not what somebody else has, what was not given, what was taken back, and what is only held
    /// responsible for an effect. A product without a known code is each of its substances.
    /// </summary>
    public static IEnumerable<(CheckItem Item, string? Source)> Of(FileInfo file, MedicineTable? table)
    {
        var reading = FactsCommand.ReadFile(file);
        var lost = reading.Unread.Where(unread => unread.Reason is UnreadReason.TooLarge or UnreadReason.TooMany)
            .Sum(unread => unread.Count);
        if (reading.Failure is not null || lost > 0)
        {
            throw new RefusedException($"{file.Name}: {reading.Failure ?? $"{lost} entries are more than is read."}");
        }

        return from medication in reading.Of<Medication>()
               where medication is
               {
                   IsNegated: false, IsWithdrawn: false, Absence: FactAbsence.No, Subject: null, Role: not MedicationRole.Implicated,
               }
               from item in ItemsOf(medication.Product, table)
               select (item, (string?)SourceOf(medication, file));
    }

    private static string SourceOf(Medication medication, FileInfo file) =>
        $"{FactWords.Name(medication.Product)}, {medication.Role.ToString().ToLowerInvariant()} in {file.Name}, "
        + $"section {medication.Source.Section}";

    /// <summary>
    /// A product that the database has; or else its substances, by their names or by that of its class; or else its own name, which is
    /// not known then.
    /// </summary>
    private static IEnumerable<CheckItem> ItemsOf(MedicineProduct product, MedicineTable? table)
    {
        if (product.Codes.Where(code => IsKnown(code, table)).Select(code => code.Code).FirstOrDefault() is { } known)
        {
            return [new CheckItem { ProductCode = known }];
        }

        var substances = product.Ingredients.Select(ingredient => ingredient.Name ?? ingredient.Substance.Display)
            .Where(name => !string.IsNullOrWhiteSpace(name))
            .ToList();
        var named = product.Codes
            .FirstOrDefault(code => code is { System: MedicineProduct.Atc, Code.Length: 7, Display.Length: > 0 })?.Display;
        IEnumerable<string?> names = substances.Count > 0 ? substances
            : string.IsNullOrWhiteSpace(named) ? [FactWords.Name(product)]
            : [named];
        return names.Select(name => new CheckItem
        {
            SubstanceName = name is null ? null : Words.Cut(name, InteractionChecker.NameLengthMax),
        });
    }

    /// <summary>
    /// A code CIS or a short CIP by its system; a CIP of thirteen digits by itself, as documents have it under several systems, and no
    /// other table has such numbers.
    /// </summary>
    private static bool IsKnown(Coded code, MedicineTable? table) => table is not null && code is { Code: { } text } && (
        (code.System == MedicineProduct.Cis && table.ByCis.ContainsKey(text))
        || ((code.System == MedicineProduct.Cip || text.Length == 13) && table.Find(text) is not null));
}
