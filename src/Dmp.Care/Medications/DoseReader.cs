using Dmp.Facts.Reading;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Medications;

/// <summary>What a statement says of the dose: in words, and in numbers as far as they can be counted with (M23, M38, M39).</summary>
internal static class DoseReader
{
    private const int DosagesMax = 20;
    private const int WordsMax = 300;
    private const decimal Week = 7m;

    private static readonly string[] asNeeded =
    [
        "si besoin", "au besoin", "si necessaire", "si douleur", "si douleurs", "en cas de", "si fievre", "si crise", "a la demande",
        "si insomnie", "si nausees", "si angoisse",
    ];

    private static readonly string[] variable =
    [
        "inr", "selon", "a adapter", "adapte", "adaptee", "variable", "protocole", "glycemie", "degressif", "degressive",
        "progressivement", "schema", "un jour sur deux en alternance", "en alternance",
    ];

    public static Dose Read(Fact fact, DateTimeOffset stated)
    {
        var medication = fact.Medication;
        List<Dosage> dosages = [.. medication.Dosages.Take(DosagesMax).Select(Plain)];
        var phases = Phases(dosages, stated);
        var words = WordsOf(fact);
        var key = $" {string.Join(' ', NameWords.Of(words))} ";
        var isAsNeeded = asNeeded.Any(beginning => key.Contains($" {beginning} ", StringComparison.Ordinal));
        var isVariable = phases.Count > 0
            || medication.Dosages.Count > DosagesMax
            || variable.Any(word => key.Contains($" {word} ", StringComparison.Ordinal))
            || dosages.Any(dosage => IsRange(dosage.Dose));
        var isWeekly = dosages.Any(dosage => Amounts.DaysOf(dosage.Every) >= Week);
        var (daily, taken) = isVariable || isAsNeeded ? ([], null) : Daily(dosages);
        var text = DoseText.Of(dosages, phases, WithoutProduct(fact));
        if (isAsNeeded && text.Length > 0 && !asNeeded.Any(one => Names.Key(text).Contains(one, StringComparison.Ordinal)))
        {
            text += ", si besoin";
        }

        return new Dose(Words.Cut(text, WordsMax), dosages, phases, daily, taken, isWeekly, isAsNeeded, isVariable);
    }

    /// <summary>A dosage without long words and lists of codes.</summary>
    private static Dosage Plain(Dosage dosage) => new()
    {
        Period = dosage.Period,
        Every = Plain(dosage.Every),
        Event = Words.Cut(dosage.Event, WordsMax),
        Dose = Plain(dosage.Dose),
        Rate = Plain(dosage.Rate),
        Route = dosage.Route is { } route
            ? new CodedValue
            {
                Code = route.Code,
                System = route.System,
                Display = Words.Cut(route.Display, WordsMax),
                Text = Words.Cut(route.Text, WordsMax),
                NullFlavor = route.NullFlavor,
            }
            : null,
        Text = Words.Cut(dosage.Text, WordsMax),
    };

    private static QuantityRange? Plain(QuantityRange? range) => range is null
        ? null
        : new QuantityRange { Low = Plain(range.Low), High = Plain(range.High), Single = range.Single };

    internal static Quantity? Plain(Quantity? quantity) => quantity is null
        ? null
        : new Quantity
        {
            Value = Words.Cut(quantity.Value, WordsMax),
            Unit = Words.Cut(quantity.Unit, WordsMax),
            Written = Words.Cut(quantity.Written, WordsMax),
            NullFlavor = quantity.NullFlavor,
            Exclusive = quantity.Exclusive,
        };

    /// <summary>
    /// Dosages with stretches of their own that are not all the same. One that states a length alone follows the one before it.
    /// </summary>
    private static List<StatedPeriod> Phases(List<Dosage> dosages, DateTimeOffset stated)
    {
        if (dosages.Count < 2
            || dosages.Exists(dosage => dosage.Period is null)
            || dosages.Select(dosage => dosage.Period).Distinct().Count() < 2)
        {
            return [];
        }

        List<StatedPeriod> phases = [];
        foreach (var dosage in dosages)
        {
            var phase = StatedPeriod.Of(dosage.Period, stated);
            if (phase.Begin is null && phases.LastOrDefault()?.End is { } before)
            {
                phase = phase with
                {
                    Begin = before.Over,
                    End = phase.End ?? (Amounts.DaysOf(dosage.Period.Width) is { } days ? End.After(before.Over, days) : null),
                };
            }

            phases.Add(phase);
        }

        return phases;
    }

    private static bool IsRange(QuantityRange? range) =>
        range is { Single: false, Low: not null, High: not null } && Amounts.Of(range.Low) != Amounts.Of(range.High);

    /// <summary>Parts of a day add up: one in the morning and one at night are two a day. None when a part cannot be counted.</summary>
    private static (IReadOnlyList<Amount> Daily, decimal? Taken) Daily(List<Dosage> dosages)
    {
        if (dosages.Count == 0)
        {
            return ([], null);
        }

        decimal taken = 0;
        Dictionary<string, decimal> byUnit = [];
        var areDosesKnown = true;
        foreach (var dosage in dosages)
        {
            var every = Amounts.MinutesOf(dosage.Every) ?? DoseText.DaysOfEvent(dosage.Event) * Amounts.MinutesOfDay;
            if (every is not >= 1m)
            {
                return (OfRate(dosages), null);
            }

            taken += Amounts.MinutesOfDay / every.Value;
            if (Amounts.Of(dosage.Dose?.Low ?? dosage.Dose?.High) is { } amount)
            {
                byUnit[amount.Unit] = byUnit.GetValueOrDefault(amount.Unit) + amount.Value * Amounts.MinutesOfDay / every.Value;
            }
            else
            {
                areDosesKnown = false;
            }
        }

        // Two units of one dose, a tablet and a spoon, are no sum.
        var doses = areDosesKnown && byUnit.Count == 1 ? byUnit.Select(entry => new Amount(entry.Value, entry.Key)) : [];
        return ([.. doses.Concat(OfRate(dosages)).DistinctBy(amount => amount.Unit)], taken);
    }

    /// <summary>A rate by the day that is one number: 100 mg/d.</summary>
    private static IReadOnlyList<Amount> OfRate(List<Dosage> dosages)
    {
        if (dosages.Count != 1 || dosages[0].Rate is not { } rate || IsRange(rate)
            || Amounts.ValueOf(rate.Low ?? rate.High) is not { } value)
        {
            return [];
        }

        var unit = (rate.Low ?? rate.High).Unit;
        var slash = unit.LastIndexOf('/');
        return slash > 0 && Amounts.MinutesOf(unit[(slash + 1)..]) is { } minutes
            ? [Amounts.Of(value * Amounts.MinutesOfDay / minutes, unit[..slash])]
            : [];
    }

    private static string WordsOf(Fact fact) => string.Join(
        ' ',
        fact.Medication.Dosages.Take(DosagesMax).Select(dosage => Words.Cut(dosage.Text, WordsMax))
            .Append(Words.Cut(fact.Medication.PatientInstructions, WordsMax))
            .Append(Words.Cut(fact.Text, WordsMax)));

    /// <summary>The words of the dose: those of a statement may be the name of its product alone, which says nothing of the dose.</summary>
    private static string WithoutProduct(Fact fact)
    {
        var medication = fact.Medication;
        HashSet<string> names =
        [
            Names.Key(medication.Name),
            Names.Key(medication.ProductText),
            .. medication.Codes.Select(code => Names.Key(code.Display)),
        ];
        return medication.Dosages.Select(dosage => dosage.Text)
            .Where(text => !string.IsNullOrWhiteSpace(text) && !names.Contains(Names.Key(text)))
            .Select(text => Words.Cut(text, WordsMax))
            .FirstOrDefault() ?? "";
    }
}
