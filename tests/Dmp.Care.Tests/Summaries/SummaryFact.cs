using Dmp.Care.Emergencies;
using Dmp.Care.Summaries;
using Dmp.Facts.V1;

namespace Dmp.Care.Tests.Summaries;

/// <summary>A fact on one line, so that two readings of it can be compared: what, in which state, when, how much.</summary>
internal static class SummaryFact
{
    public static string LineOf(Fact fact) => string.Join(
        '|', PartsOf(fact).Select(part => string.Join(' ', part.Split(' ', StringSplitOptions.RemoveEmptyEntries))));

    private static IEnumerable<string> PartsOf(Fact fact) => fact.KindCase switch
    {
        Fact.KindOneofCase.Allergy =>
        [
            "allergy", CodeOf(fact.Allergy.Agent ?? fact.Allergy.Value), $"{CodeWords.State(fact.Allergy.Status)}",
            TimeOf(fact.Allergy.Period), IpsStates.Criticality(fact.Allergy.Criticality) ?? "",
            string.Join(',', fact.Allergy.Reactions.Select(reaction =>
                $"{CodeOf(reaction.Manifestation)} {IpsStates.Severity(reaction.Severity)}")),
        ],
        Fact.KindOneofCase.Problem =>
        [
            "problem", CodeOf(fact.Problem.Value), $"{CodeWords.State(fact.Problem.Status)}", TimeOf(fact.Problem.Period),
            string.Join(',', fact.Problem.Sites.Select(CodeOf)),
        ],
        Fact.KindOneofCase.Medication =>
        [
            fact.Medication.Immunization ? "vaccine" : "medicine", string.Join(',', fact.Medication.Codes.Select(CodeOf)),
            fact.Medication.Name.Length > 0 ? fact.Medication.Name : fact.Medication.ProductText,
            fact.Medication.Lot, TimeOf(fact.Medication.Period),
            string.Join(',', fact.Medication.Ingredients.Select(one => $"{CodeOf(one.Substance)} {QuantityOf(one.Numerator)}")),
            string.Join(',', fact.Medication.Dosages.Select(dosage => DoseOf(dosage, fact.Medication.Immunization))),
        ],
        Fact.KindOneofCase.Observation =>
        [
            "observation", CodeOf(fact.Observation.Code), TimeOf(fact.Observation.Time ?? fact.Observation.PanelTime),
            string.Join(',', fact.Observation.Values.Select(ValueOf)),
            string.Join(',', fact.Observation.Interpretations.Select(CodeOf)), CodeOf(fact.Observation.Specimen),
        ],
        Fact.KindOneofCase.Act =>
            ["act", CodeOf(fact.Act.Code), TimeOf(fact.Act.Period), string.Join(',', fact.Act.Sites.Select(CodeOf))],
        Fact.KindOneofCase.Device => ["device", CodeOf(fact.Device.Code), fact.Device.Model, TimeOf(fact.Device.Period)],
        _ => [$"{fact.KindCase}"],
    };

    private static string CodeOf(CodedValue? value) => value is null ? ""
        : value.Code.Length > 0 ? $"{value.System}^{value.Code}" : CodeWords.Of(value);

    private static string TimeOf(Stretch? stretch) =>
        stretch is null ? "" : $"{IpsValues.Time(stretch.Low)}..{(stretch.Single ? "" : IpsValues.Time(stretch.High))}".Replace(
            "..", stretch.Single ? "!" : "..", StringComparison.Ordinal).Trim('.');

    private static string QuantityOf(Quantity? quantity) => quantity is null ? "" : $"{quantity.Value} {quantity.Unit}";

    private static string RangeOf(QuantityRange? range) => range is null ? ""
        : range.Single ? QuantityOf(range.Low) : $"{QuantityOf(range.Low)}..{QuantityOf(range.High)}";

    /// <summary>A vaccination has no room for the words of its dose: they are those of the product, in this sample.</summary>
    private static string DoseOf(Dosage dosage, bool isVaccine) =>
        $"{QuantityOf(dosage.Every)} {dosage.Event} {RangeOf(dosage.Dose)} {RangeOf(dosage.Rate)} {CodeOf(dosage.Route)} "
        + (isVaccine ? "" : dosage.Text)
        + TimeOf(dosage.Period);

    private static string ValueOf(ObservedValue value) => value.ValueCase switch
    {
        ObservedValue.ValueOneofCase.Code => CodeOf(value.Code),
        ObservedValue.ValueOneofCase.Quantity => RangeOf(value.Quantity),
        ObservedValue.ValueOneofCase.Time => TimeOf(value.Time),
        ObservedValue.ValueOneofCase.Truth => $"{value.Truth}",
        ObservedValue.ValueOneofCase.Text => value.Text,
        _ => value.NullFlavor,
    };
}
