using System.Globalization;
using Dmp.Facts;
using Dmp.Facts.Model;

namespace Dmp.Fhir.Tests;

/// <summary>Facts as the rows of the lists of expectations, but for the name of the document.</summary>
internal static class FactLines
{
    /// <summary>By the file of the list.</summary>
    public static readonly IReadOnlyDictionary<string, Func<FactReading, IEnumerable<string[]>>> Lists =
        new Dictionary<string, Func<FactReading, IEnumerable<string[]>>>
        {
            ["allergies.tsv"] = reading => reading.Of<Allergy>().Select(Line),
            ["problems.tsv"] = reading => reading.Of<Problem>().Select(Line),
            ["medications.tsv"] = reading => reading.Of<Medication>().Select(Line),
            ["observations.tsv"] = reading => reading.Of<Observation>().Select(fact => Line(reading, fact)),
            ["acts.tsv"] = reading => reading.Facts.Where(fact => fact is ClinicalAct or Encounter or Device).Select(ActLine),
            ["unread.tsv"] = reading => reading.Unread.Select(Line),
        };

    private static string[] Line(Unread unread) =>
        [unread.Section ?? "", unread.SectionTitle, $"{unread.Reason}", unread.Count.ToString(CultureInfo.InvariantCulture)];

    private static string[] Line(Medication fact) =>
    [
        fact.Source.Section ?? "", $"{fact.Role}", $"{(fact.IsImmunization ? "V" : "")}{Flags(fact)}", fact.State ?? "",
        string.Join(' ', fact.Product.Codes.Select(code => code.Code)), fact.Product.Name ?? "", fact.Product.Lot ?? "",
        Of(fact.Period?.Low), Of(fact.Period?.High),
        string.Join(", ", fact.Dosages.Select(dosage => Of(dosage.Every)).Where(every => every.Length > 0)),
        string.Join(", ", fact.Dosages.Select(dosage => dosage.Dose).OfType<QuantityRange>().Select(Of)),
        string.Join(", ", fact.Dosages.Select(dosage => Of(dosage.Route)).Where(route => route.Length > 0)),
        string.Join(" / ", fact.Dosages.Select(dosage => dosage.Text)),
        Of(fact.References.Where(reference => reference.Relation == "RSON").Select(reference => reference.Code).OfType<Coded>()),
    ];

    private static string[] Line(Allergy fact) =>
    [
        fact.Source.Section ?? "", Flags(fact), Of(fact.Type), Of(fact.Agent?.Code), fact.Agent?.Code.Display ?? "", Of(fact.Period?.Low),
        Of(fact.Status), Of(fact.Criticality), Of(fact.Certainty),
        string.Join(", ", fact.Reactions.Select(reaction => $"{reaction.Manifestation.Code} {reaction.Severity?.Code}".Trim())),
    ];

    private static string[] Line(Problem fact) =>
    [
        fact.Source.Section ?? "", Flags(fact), Of(fact.Type), Of(fact.Value), fact.Value?.Display ?? "", Of(fact.Period?.Low),
        Of(fact.Period?.High), Of(fact.Status), fact.Author?.Name ?? "",
    ];

    private static string[] Line(FactReading reading, Observation fact) =>
    [
        fact.Source.Section ?? "", $"{fact.Kind}", Flags(fact), Level(reading, fact), fact.State ?? "", Of(fact.Code),
        string.Join(" + ", fact.Values.Select(Of)), Of(fact.Time ?? fact.PanelTime), Of(fact.Interpretations),
        string.Join(", ", fact.Ranges.Select(range => range.Value is { } value ? Of(value) : range.Text ?? "")), Of(fact.Specimen),
        fact.Author?.Name ?? "",
    ];

    private static string[] ActLine(Fact fact)
    {
        var (kind, code, period) = fact switch
        {
            ClinicalAct act => (act.Element, act.Code, act.Period),
            Encounter encounter => ("encounter", encounter.Code, encounter.Period),
            Device device => ("device", device.Code, device.Period),
            _ => throw new ArgumentException("No act.", nameof(fact)),
        };
        return
        [
            fact.Source.Section ?? "", kind, Flags(fact), fact.State ?? "", Of(code), code?.Display ?? "", Of(period?.Low),
            Of(period?.High),
            Of(fact.References.Where(reference => reference.Relation == "RSON").Select(reference => reference.Code).OfType<Coded>()),
            string.Join(' ', (fact as Device)?.DeviceIds ?? []), (fact as Encounter)?.Organization?.Name ?? "",
        ];
    }

    /// <summary>N: it is not so. S: not the patient. 0: none is known. ?: nobody knows.</summary>
    private static string Flags(Fact fact) => (fact.IsNegated ? "N" : "") + (fact.Subject is null ? "" : "S") + fact.Absence switch
    {
        FactAbsence.NoneKnown => "0",
        FactAbsence.NoInformation => "?",
        FactAbsence.NoneByWords => "W",
        _ => "",
    };

    private static string Level(FactReading reading, Fact fact)
    {
        var level = "";
        for (var around = fact; around?.Source.Within is { } place; level += ">")
        {
            around = reading.Facts.Single(other => (other.Source.Entry, other.Source.Place) == (fact.Source.Entry, place));
        }

        return level;
    }

    private static string Of(Coded? code) =>
        code is null ? "" : code.Code ?? code.NullFlavor ?? (code.Text is { } text ? $"\"{text}" : "");

    private static string Of(IEnumerable<Coded> codes) => string.Join(' ', codes.Select(Of));

    private static string Of(ObservedValue value) => value switch
    {
        { Code: { } code } => Of(code),
        { Per: { } per, Quantity: { } quantity } => $"{Of(quantity)} / {Of(per)}",
        { Quantity: { } quantity } => Of(quantity),
        { Time: { } time } => Of(time),
        { Truth: { } truth } => truth ? "true" : "false",
        { Text: { } text } => $"\"{text}",
        _ => value.NullFlavor ?? "",
    };

    private static string Of(QuantityRange range) => range.IsSingle
        ? Of(range.Low)
        : $"{Number(range.Low)}..{Number(range.High)} {range.Low?.Unit ?? range.High?.Unit}".TrimEnd();

    private static string Of(Quantity? quantity) => $"{Number(quantity)} {quantity?.Unit}".Trim();

    private static string Number(Quantity? quantity) =>
        quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? quantity?.Written ?? quantity?.NullFlavor ?? "";

    private static string Of(Stretch? stretch) =>
        stretch is null ? "" : stretch.IsSingle ? Of(stretch.Low) : $"{Of(stretch.Low)}..{Of(stretch.High)}";

    private static string Of(Moment? moment) => moment?.Written ?? moment?.NullFlavor ?? "";
}
