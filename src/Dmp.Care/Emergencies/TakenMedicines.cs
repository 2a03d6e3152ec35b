using Dmp.Care.V1;
using Dmp.Facts.Reading;
using Dmp.Interactions.Checks;

namespace Dmp.Care.Emergencies;

/// <summary>What of a medication statement is checked for interactions (P8): what runs, and what nobody says the end of.</summary>
public static class TakenMedicines
{
    /// <summary>Most medicines of a check; dangerous ones come first.</summary>
    private const int MedicinesMax = 100;

    /// <summary>Each with its place among the lines of the statement; a line without a known product has one for each substance.</summary>
    public static IReadOnlyList<(CheckItem Item, int Line)> Of(MedicationStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return
        [
            .. statement.Lines
                .Select((treatment, place) => (treatment, place))
                .Where(one => one.treatment.Status is TreatmentStatus.Running or TreatmentStatus.EndUnknown)
                .SelectMany(one => ItemsOf(one.treatment).Select(item => (item, one.place)))
                .Take(MedicinesMax),
        ];
    }

    private static IEnumerable<CheckItem> ItemsOf(TreatmentLine treatment)
    {
        if (treatment.Products.FirstOrDefault(product => product.Cis.Length > 0) is { } known)
        {
            return [new CheckItem { ProductCode = known.Cis }];
        }

        var names = treatment.Substances.Select(substance => substance.Name).Where(name => !string.IsNullOrWhiteSpace(name)).ToList();
        return (names.Count > 0 ? names : [string.IsNullOrWhiteSpace(treatment.Name) ? "?" : treatment.Name])
            .Select(name => new CheckItem { SubstanceName = Words.Cut(name, InteractionChecker.NameLengthMax) });
    }
}
