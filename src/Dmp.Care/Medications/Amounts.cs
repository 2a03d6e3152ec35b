using System.Globalization;
using Dmp.Facts.V1;
using Dmp.Interactions;

namespace Dmp.Care.Medications;

/// <summary>An amount of something in decimal: of tablets, of milligrams.</summary>
internal readonly record struct Amount(decimal Value, string Unit);

/// <summary>Numbers and units of documents, as far as they can be counted with.</summary>
internal static class Amounts
{
    // What no dose, pack or stretch of time of a treatment exceeds: beyond it a number is a mistake, and nothing is computed of it.
    private const decimal ValueMax = 1_000_000m;
    private const decimal DaysMax = 3_660m;
    private const int UnitMax = 60;

    /// <summary>Times are counted in minutes, so that a third of a day is a whole number.</summary>
    public const decimal MinutesOfDay = 1_440m;

    private static readonly Dictionary<string, (string Key, string One, string Several)> units = CareTable.Rows("units.tsv")
        .DistinctBy(row => Names.Key(row[0]))
        .ToDictionary(row => Names.Key(row[0]), row => (row[1], row[2], row[3]));

    private static readonly Dictionary<string, decimal> masses = new()
    {
        ["kg"] = 1_000_000m,
        ["g"] = 1_000m,
        ["gramme"] = 1_000m,
        ["grammes"] = 1_000m,
        ["mg"] = 1m,
        ["milligrammes"] = 1m,
        ["ug"] = 0.001m,
        ["µg"] = 0.001m,
        ["μg"] = 0.001m,
        ["microgramme"] = 0.001m,
        ["microgrammes"] = 0.001m,
        ["ng"] = 0.000_001m,
    };

    private static readonly Dictionary<string, decimal> minutes = new()
    {
        ["min"] = 1m,
        ["h"] = 60m,
        ["d"] = MinutesOfDay,
        ["j"] = MinutesOfDay,
        ["jour"] = MinutesOfDay,
        ["jours"] = MinutesOfDay,
        ["day"] = MinutesOfDay,
        ["days"] = MinutesOfDay,
        ["wk"] = 7m * MinutesOfDay,
        ["sem"] = 7m * MinutesOfDay,
        ["semaine"] = 7m * MinutesOfDay,
        ["semaines"] = 7m * MinutesOfDay,
        ["mo"] = 30m * MinutesOfDay,
        ["mois"] = 30m * MinutesOfDay,
        ["a"] = 365m * MinutesOfDay,
        ["an"] = 365m * MinutesOfDay,
        ["ans"] = 365m * MinutesOfDay,
    };

    /// <summary>A number above zero that can be counted with; null for all others.</summary>
    public static decimal? ValueOf(Quantity? quantity) => quantity is null ? null : ValueOf(quantity.Value);

    public static decimal? ValueOf(string written) =>
        written.Length <= 40
        && decimal.TryParse(written, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        && value is > 0 and <= ValueMax
            ? value
            : null;

    public static Amount? Of(Quantity? quantity) => ValueOf(quantity) is { } value ? Of(value, quantity!.Unit) : null;

    /// <summary>Masses in milligrams, forms by one word for those that are the same.</summary>
    public static Amount Of(decimal value, string unit)
    {
        var key = UnitKey(unit);
        return masses.TryGetValue(key, out var factor) ? new Amount(value * factor, "mg") : new Amount(value, key);
    }

    /// <summary>The amount as stated, and the same in other units as the document says.</summary>
    public static IEnumerable<Amount> AllOf(Quantity? quantity) =>
        (quantity is null ? [] : quantity.Translations.Prepend(quantity).Take(10)).Select(Of).OfType<Amount>();

    /// <summary>A stretch of time; a month counts 30 days and a year 365.</summary>
    public static decimal? MinutesOf(Quantity? quantity) =>
        ValueOf(quantity) is { } value && MinutesOf(quantity!.Unit) is { } factor && value * factor <= DaysMax * MinutesOfDay
            ? value * factor
            : null;

    public static decimal? MinutesOf(string unit) => minutes.TryGetValue(Names.Key(Bare(unit)), out var factor) ? factor : null;

    /// <summary>The same in days.</summary>
    public static decimal? DaysOf(Quantity? quantity) => MinutesOf(quantity) / MinutesOfDay;

    public static bool IsMass(string unit) => unit == "mg";

    /// <summary>A number as French people write it.</summary>
    public static string Text(decimal value) => value.ToString("0.####", CultureInfo.InvariantCulture).Replace('.', ',');

    /// <summary>A number with its unit in words where the unit is known, and as written where it is not.</summary>
    public static string Text(decimal value, string unit)
    {
        var bare = Bare(unit);
        var shown = units.TryGetValue(Names.Key(bare), out var words) ? (value >= 2m ? words.Several : words.One) : bare;
        return shown.Length == 0 ? Text(value) : $"{Text(value)} {shown}";
    }

    private static string UnitKey(string unit)
    {
        var bare = Names.Key(Bare(unit));
        return units.TryGetValue(bare, out var words) ? words.Key : bare;
    }

    private static string Bare(string unit)
    {
        var bare = unit.Trim();
        bare = bare is ['{', .., '}'] ? bare[1..^1] : bare;
        return bare.Length > UnitMax ? bare[..UnitMax] : bare;
    }
}
