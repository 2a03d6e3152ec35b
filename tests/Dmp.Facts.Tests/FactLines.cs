using System.Globalization;
using Dmp.Facts.Model;

namespace Dmp.Facts.Tests;

/// <summary>Facts as the rows of the lists of expectations, but for the name of the document.</summary>
internal static class FactLines
{
    /// <summary>By the file of the list.</summary>
    public static readonly IReadOnlyDictionary<string, Func<FactReading, IEnumerable<string[]>>> Lists =
        new Dictionary<string, Func<FactReading, IEnumerable<string[]>>>
        {
            ["allergies.tsv"] = reading => reading.Of<Allergy>().Select(Line),
            ["problems.tsv"] = reading => reading.Of<Problem>().Select(Line),
            ["observations.tsv"] = reading => reading.Of<Observation>().Select(fact => Line(reading, fact)),
            ["acts.tsv"] = reading => reading.Facts.SelectMany(fact => ActLines(reading, fact)),
        };

    /// <summary>Its row in the list of medicines. The name is compared by its beginning, as far as the list has it.</summary>
    public static string[] Of(Medication fact, string? name) =>
    [
        fact.Source.Section ?? "",
        $"{fact.Role}",
        $"{(fact.IsImmunization ? "V" : "")}{Flags(fact)}",
        string.Join(' ', fact.Product.Codes.Select(code => code.Code)),
        name is { Length: > 0 } && fact.Product.Name?.StartsWith(name, StringComparison.Ordinal) == true ? name : fact.Product.Name ?? "",
        Of(fact.Period?.Low),
        Of(fact.Period?.High),
        string.Join(", ", fact.Dosages.Select(dosage => Of(dosage.Every)).Where(every => every.Length > 0)),
        string.Join(", ", fact.Dosages.Select(dosage => dosage.Dose).OfType<QuantityRange>().Select(Ends)),
        fact.Dosages.Select(dosage => dosage.Route?.Code ?? dosage.Route?.NullFlavor).FirstOrDefault(route => route is not null) ?? "",
    ];

    private static string[] Line(Allergy fact) =>
    [
        $"{Flags(fact)}{(fact.Absence == FactAbsence.NoneByWords ? "W" : "")}",
        fact.Type?.Code ?? "",
        fact.Agent?.Code.Code ?? "",
        fact.Value?.Code ?? "",
        Of(fact.Period?.Low),
        Of(fact.Period?.High),
        fact.Status?.Code ?? "",
        fact.Criticality?.Code ?? "",
        fact.Certainty?.Code ?? "",
        string.Join(", ", fact.Reactions.Select(reaction => $"{reaction.Manifestation.Code} {reaction.Severity?.Code}".Trim())),
    ];

    private static string[] Line(Problem fact) =>
    [
        fact.Source.Section ?? "", Flags(fact), Of(fact.Type), Of(fact.Value), Of(fact.Period?.Low), Of(fact.Period?.High), Of(fact.Status),
        Of(fact.Severity), Of(fact.Certainty), Of(fact.Sites),
    ];

    private static string[] Line(FactReading reading, Observation fact) =>
    [
        fact.Source.Section ?? "", Flags(fact), Mood(fact), Level(reading, fact), Of(fact.Code),
        string.Join(" + ", fact.Values.Select(Of)), Of(fact.Time), Of(fact.Interpretations),
        string.Join(", ", fact.Ranges.Select(range => range.Value is { } value ? Of(value) : Words(range.Text))),
    ];

    private static IEnumerable<string[]> ActLines(FactReading reading, Fact fact)
    {
        if (fact is ClinicalAct or Encounter or Device)
        {
            var (kind, code, period) = fact switch
            {
                // What was put into words by its element's name is an act all the same.
                ClinicalAct act => (act.Element, act.Code, act.Period),
                Encounter encounter => ("encounter", encounter.Code, encounter.Period),
                Device device => ("device", device.Code, device.Period),
                _ => throw new ArgumentException("No act.", nameof(fact)),
            };
            yield return
            [
                fact.Source.Section ?? "", kind, Flags(fact), Mood(fact), Level(reading, fact), Of(code), Of(period?.Low), Of(period?.High),
                Of((fact as ClinicalAct)?.Sites ?? []), Of((fact as ClinicalAct)?.Methods ?? []), Of((fact as Device)?.Supplied),
            ];
            foreach (var reference in fact.References)
            {
                yield return
                [
                    fact.Source.Section ?? "", "reference", "", "", $"{Level(reading, fact)}>", Of(reference.Code), "", "", "", "", "",
                ];
            }
        }
    }

    private static string Flags(Fact fact) => $"{(fact.IsNegated ? "N" : "")}{(fact.Subject is null ? "" : "S")}";

    private static string Mood(Fact fact) => fact.Mood == "EVN" ? "" : fact.Mood;

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
        code is null ? "" : code.Code ?? code.NullFlavor ?? (code.Translations is [var first, ..] ? first.Code : null) ?? Words(code.Text);

    private static string Of(IEnumerable<Coded> codes) => string.Join(' ', codes.Select(Of));

    private static string Of(ObservedValue value) => value switch
    {
        { Code: { } code } => Of(code),
        { Per: { } per, Quantity: { } quantity } => $"{Of(quantity)} / {Of(per)}",
        { Quantity: { } quantity } => Of(quantity),
        { Time: { } time } => Of(time),
        { Truth: { } truth } => truth ? "true" : "false",
        { Text: { } text } => Words(text),
        _ => value.NullFlavor ?? "",
    };

    private static string Of(QuantityRange range) => range.IsSingle ? Of(range.Low) : Ends(range);

    private static string Ends(QuantityRange range) =>
        $"{Number(range.Low)}..{Number(range.High)} {range.Low?.Unit ?? range.High?.Unit}".TrimEnd();

    private static string Of(Quantity? quantity) => $"{Number(quantity)} {quantity?.Unit}".Trim();

    private static string Number(Quantity? quantity) =>
        quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? quantity?.Written ?? quantity?.NullFlavor ?? "";

    private static string Of(Stretch? stretch) =>
        stretch is null ? "" : stretch.IsSingle ? Of(stretch.Low) : $"{Of(stretch.Low)}..{Of(stretch.High)}";

    private static string Of(Moment? moment) => moment?.Written ?? moment?.NullFlavor ?? "";

    private static string Words(string? words) => words is null ? "" : $"\"{words[..Math.Min(20, words.Length)].TrimEnd()}";
}
