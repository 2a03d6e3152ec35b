using System.Globalization;
using Dmp.Facts.Model;
using Dmp.Facts.Reading;

namespace Dmp.Cli.Facts;

/// <summary>Facts as lines of a terminal: what is needed to recognise them, and not all that they hold.</summary>
internal static class FactWords
{
    private const int WordsMax = 80;

    /// <summary>What it is; a star when somebody else than the patient has it.</summary>
    public static string Kind(Fact fact)
    {
        var kind = fact switch
        {
            { Absence: FactAbsence.NoneKnown } => "none known",
            { Absence: FactAbsence.NoInformation } => "no information",
            { Absence: FactAbsence.NoneByWords } => "words only",
            Medication medication => medication.Role.ToString().ToLowerInvariant(),
            Observation observation => observation.Kind switch
            {
                ObservationKind.Other => "observation",
                ObservationKind.VitalSign => "vital sign",
                ObservationKind.BloodGroup => "blood group",
                ObservationKind.SocialHistory => "social",
                ObservationKind.FamilyHistory => "family",
                ObservationKind.FunctionalStatus => "functional",
                ObservationKind.AdvanceDirective => "directive",
                var named => named.ToString().ToLowerInvariant(),
            },
            ClinicalAct => "act",
            _ => fact.GetType().Name.ToLowerInvariant(),
        };
        var mood = fact.Mood switch
        {
            "EVN" => "",
            "GOL" => "goal: ",
            _ when fact is Medication => "",
            _ => "planned: ",
        };
        var negation = !fact.IsNegated ? "" : fact is Medication ? "not " : "no ";
        return $"{mood}{negation}{kind}{(fact.Subject is null ? "" : "*")}";
    }

    /// <summary>What it says.</summary>
    public static string Of(Fact fact) => fact switch
    {
        Medication medication => Line(medication),
        Allergy allergy => Join(
            [
                allergy.Type?.Display, allergy.Agent is { } agent ? $"{agent.Name ?? Named(agent.Code)} [{agent.Code.Code}]" : allergy.Text,
                allergy.Status?.Display,
                .. allergy.Reactions.Select(reaction =>
                    $"{(reaction.IsNegated ? "no " : "")}{Named(reaction.Manifestation)} {reaction.Severity?.Display}"),
            ]),
        Problem problem => Join(
            [
                Coded(problem.Value) ?? problem.Text, .. problem.Sites.Select(Coded), problem.Certainty?.Display, problem.Status?.Display,
                Withdrawn(problem), When(problem.Period),
            ]),
        Observation observation => Join(
            [
                Coded(observation.Code) ?? observation.Text,
                string.Join(" + ", observation.Values.Select(Value)),
                .. observation.Interpretations.Select(interpretation => interpretation.Code),
                observation.Specimen is { } specimen ? $"in {Named(specimen)}" : null,
                When(observation.Time),
            ]),
        ClinicalAct act => Join([Coded(act.Code) ?? act.Text, .. act.Methods.Select(Named), .. act.Sites.Select(Coded), When(act.Period)]),
        Encounter encounter => Join([Coded(encounter.Code) ?? encounter.Text, encounter.Organization?.Name, When(encounter.Period)]),
        Device device => Join([Coded(device.Code) ?? device.Text, device.Model, Number(device.Supplied), When(device.Period)]),
        _ => Join([fact.Text]),
    };

    /// <summary>The name of a product, or the words that stand for it.</summary>
    public static string Name(MedicineProduct product) =>
        new[] { product.Name, product.Codes is [var first, ..] ? first.Display : null, product.Text }
            .FirstOrDefault(name => !string.IsNullOrWhiteSpace(name)) ?? "a product without a name";

    private static string Line(Medication medication)
    {
        List<string?> parts = [Name(medication.Product)];
        if (medication.Product.Codes.Count > 0)
        {
            parts.Add($"[{string.Join(' ', medication.Product.Codes.Select(code => code.Code))}]");
        }

        parts.Add(When(medication.Period));
        foreach (var dosage in medication.Dosages)
        {
            var every = dosage.Every is { Value: not null } stretch ? $"every {Number(stretch)}" : dosage.Event ?? "";
            parts.Add($"{Range(dosage.Dose)} {every}");
        }

        return Join(parts);
    }

    private static string? Value(ObservedValue value) => value switch
    {
        { Code: { } code } => Coded(code),
        { Quantity: { } quantity } => value.Per is { } per ? $"{Range(quantity)} in {Range(per)}" : Range(quantity),
        { Time: { } time } => When(time),
        { Truth: { } truth } => truth ? "yes" : "no",
        _ => value.Text ?? value.NullFlavor,
    };

    /// <summary>It was taken back.</summary>
    private static string? Withdrawn(Fact fact) => fact.IsWithdrawn ? fact.State : null;

    private static string? When(Stretch? stretch)
    {
        var (low, high) = (stretch?.Low?.Written, stretch?.High?.Written);
        return (low ?? high) is null ? null : high == low ? low : $"{low}-{high}".TrimEnd('-');
    }

    private static string? Coded(Coded? code) =>
        code is null ? null
        : Named(code) is { } name ? (code.Code is null ? name : $"{Short(name)} [{code.Code}]")
        : code.Code ?? code.NullFlavor;

    private static string? Named(Coded code) => code.Display ?? code.Text ?? (code.Translations is [var first, ..] ? first.Display : null);

    private static string Range(QuantityRange? range) => range switch
    {
        null => "",
        { IsSingle: true } or { Low: not null } when range.Low == range.High => Number(range.Low),
        { Low: null, High: { } high } => $"{(high.IsExclusive ? "below" : "up to")} {Number(high)}",
        { Low: { } low, High: null } => low.IsExclusive ? $"above {Number(low)}" : $"{Number(low)} and more",
        _ => $"{range.Low?.Value?.ToString(CultureInfo.InvariantCulture)}-{Number(range.High)}",
    };

    private static string Number(Quantity? quantity) =>
        $"{quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? quantity?.Written ?? quantity?.NullFlavor} {quantity?.Unit}".Trim();

    private static string Join(IEnumerable<string?> parts) => string.Join(
        ", ",
        parts.Select(part => part?.Trim())
            .Where(part => part is { Length: > 0 })
            .Select(part => part!.EndsWith(']') ? part : Short(part)));

    private static string Short(string words) => words.Length <= WordsMax ? words : $"{Words.Cut(words, WordsMax)}…";
}
