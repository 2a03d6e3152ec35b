using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>Doses in French words. What is taken by the week or more seldom is never told by the day, and stands out (M39).</summary>
internal static class DoseText
{
    private static readonly Dictionary<string, (string Words, decimal? Days)> events = new()
    {
        ["AC"] = ("avant les repas", null),
        ["ACM"] = ("avant le petit déjeuner", 1m),
        ["ACD"] = ("avant le déjeuner", 1m),
        ["ACV"] = ("avant le dîner", 1m),
        ["PC"] = ("après les repas", null),
        ["PCM"] = ("après le petit déjeuner", 1m),
        ["PCD"] = ("après le déjeuner", 1m),
        ["PCV"] = ("après le dîner", 1m),
        ["C"] = ("pendant les repas", null),
        ["CM"] = ("au petit déjeuner", 1m),
        ["CD"] = ("au déjeuner", 1m),
        ["CV"] = ("au dîner", 1m),
        ["IC"] = ("entre les repas", null),
        ["HS"] = ("au coucher", 1m),
        ["WAKE"] = ("au réveil", 1m),
        ["MORN"] = ("le matin", 1m),
        ["NOON"] = ("à midi", 1m),
        ["EVE"] = ("le soir", 1m),
        ["NIGHT"] = ("la nuit", 1m),
    };

    /// <summary>What stands in the document's own words is told by them where no number says it.</summary>
    /// <param name="dosages">As structured.</param>
    /// <param name="phases">Their stretches; empty when there are no phases.</param>
    /// <param name="words">The document's own words. May be empty.</param>
    public static string Of(IReadOnlyList<Dosage> dosages, IReadOnlyList<StatedPeriod> phases, string words)
    {
        var isStructured = dosages.Any(dosage =>
            dosage.Dose is not null || dosage.Rate is not null || dosage.Every is not null || dosage.Event.Length > 0);
        if (!isStructured)
        {
            return words;
        }

        var parts = dosages.Select((dosage, place) => Of(dosage) + (phases.Count > 0 ? Of(phases[place]) : ""))
            .Where(part => part.Length > 0);
        return string.Join(phases.Count > 0 ? ", puis " : " + ", parts);
    }

    /// <summary>How often an event comes; null when that is not one number.</summary>
    public static decimal? DaysOfEvent(string code) => events.TryGetValue(code, out var known) ? known.Days : null;

    private static string Of(Dosage dosage) => string.Join(' ', new[] { DoseOf(dosage), Frequency(dosage.Every), Event(dosage.Event) }
        .Where(part => part.Length > 0));

    private static string DoseOf(Dosage dosage) => Of(dosage.Dose) is { Length: > 0 } dose ? dose : Rate(dosage.Rate);

    private static string Of(QuantityRange? range)
    {
        var (low, high) = (Of(range?.Low), Of(range?.High));
        return high.Length == 0 || high == low ? low
            : low.Length == 0 ? $"jusqu'à {high}"
            : range!.Low.Unit == range.High.Unit && Amounts.ValueOf(range.Low) is { } value ? $"{Amounts.Text(value)} à {high}"
            : $"{low} à {high}";
    }

    private static string Of(Quantity? quantity) => Amounts.ValueOf(quantity) is { } value
        ? Amounts.Text(value, quantity!.Unit)
        : quantity is { Written.Length: > 0 } ? quantity.Written
        : quantity is { Value.Length: > 0 } ? $"{quantity.Value} {quantity.Unit}".TrimEnd()
        : "";

    private static string Rate(QuantityRange? rate)
    {
        var quantity = rate?.Low ?? rate?.High;
        if (Amounts.ValueOf(quantity) is not { } value)
        {
            return "";
        }

        var unit = quantity!.Unit;
        var slash = unit.LastIndexOf('/');
        var (what, per) = slash > 0 ? (unit[..slash], unit[(slash + 1)..]) : (unit, "");
        var high = rate!.High is { } most && most != quantity && Amounts.ValueOf(most) is { } top ? $" à {Amounts.Text(top)}" : "";
        return $"{Amounts.Text(value)}{high} {what}" + per switch
        {
            "d" => " par jour",
            "h" => " par heure",
            "wk" => " par SEMAINE",
            "" => "",
            _ => $" par {per}",
        };
    }

    private static string Frequency(Quantity? every)
    {
        if (Amounts.DaysOf(every) is not { } days || Amounts.ValueOf(every) is not { } value)
        {
            return every is { Written.Length: > 0 } ? every.Written : "";
        }

        return days switch
        {
            1m => "une fois par jour",
            7m => "une fois par SEMAINE",
            30m when every!.Unit == "mo" => "une fois par MOIS",
            > 30m when every!.Unit == "mo" => $"tous les {Amounts.Text(value)} MOIS",
            > 7m when days % 7m == 0 => $"toutes les {Amounts.Text(days / 7m)} SEMAINES",
            > 1m => $"tous les {Amounts.Text(days)} jours",
            _ when days * 24m >= 1m => $"toutes les {Amounts.Text(decimal.Round(days * 24m, 4))} heures",
            _ => $"toutes les {Amounts.Text(decimal.Round(days * 1_440m, 4))} minutes",
        };
    }

    private static string Event(string code) => code.Length == 0 ? "" : events.TryGetValue(code, out var known) ? known.Words : $"({code})";

    private static string Of(StatedPeriod phase) => (phase.Begin, phase.Days) switch
    {
        ({ } begin, { } days) when days == decimal.Truncate(days) =>
            FormattableString.Invariant($" pendant {days:0} jours à partir du {begin:dd/MM/yyyy}"),
        ({ } begin, _) => FormattableString.Invariant($" à partir du {begin:dd/MM/yyyy}"),
        _ => "",
    };
}
