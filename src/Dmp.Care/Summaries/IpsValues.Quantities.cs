using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dmp.Care.Emergencies;
using Dmp.Care.Units;
using Dmp.Cda;
using Dmp.Facts.V1;

namespace Dmp.Care.Summaries;

/// <content>Times, numbers and quantities.</content>
internal static partial class IpsValues
{
    private const string Edqm = "http://standardterms.edqm.eu";
    private const string Ucum = "http://unitsofmeasure.org";
    private const int DayLength = 10;
    private const int NumberMax = 30;

    /// <summary>
    /// A time as precisely as it was written; null when it cannot be read. An hour without an offset is none for FHIR: its day.
    /// </summary>
    public static string? Time(Moment? moment)
    {
        if (moment is null || moment.Written.Length == 0 || !CdaTime.TryRead(moment.Written, out var time))
        {
            return null;
        }

        var form = time.Precision switch
        {
            CdaPrecision.Year => "yyyy",
            CdaPrecision.Month => "yyyy-MM",
            CdaPrecision.Day or CdaPrecision.Hour => "yyyy-MM-dd",
            _ => time.HasOffset ? "yyyy-MM-dd'T'HH:mm:sszzz" : "yyyy-MM-dd",
        };
        return time.Time.ToString(form, CultureInfo.InvariantCulture);
    }

    /// <summary>What was written as a time and is none.</summary>
    public static string UnreadTime(Moment? moment) => Time(moment) is null ? ShownText.Of(moment?.Written, 60) : "";

    /// <summary>
    /// A stretch with an end; null when neither end can be read, or the end lies before the beginning. An end that is told apart from the
    /// beginning by its precision alone (from the fifth of a month to some time of the month) is left out: R4 takes none (per-1).
    /// </summary>
    public static JsonObject? Period(Stretch? stretch)
    {
        var (low, high) = (Time(stretch?.Low), Time(stretch?.High));
        var order = low is null || high is null ? -1 : Order(low, high);
        if ((low ?? high) is null || order > 0)
        {
            return null;
        }

        if (order == 0 && low!.Length != high!.Length)
        {
            high = null;
        }

        JsonObject period = [];
        Set(period, "start", low);
        Set(period, "end", high);
        return period;
    }

    /// <summary>Sets the one of the elements <c>name[x]</c> that says when; where none can, that it is not known.</summary>
    public static void SetWhen(JsonObject resource, string name, Stretch? stretch, string point = "DateTime")
    {
        if (stretch is { Single: false } && Period(stretch) is { } period)
        {
            resource[$"{name}Period"] = period;
        }
        else if (stretch is { Single: true } && Time(stretch.Low) is { } time)
        {
            resource[$"{name}{point}"] = time;
        }
        else
        {
            resource[$"_{name}{point}"] = Unknown();
        }
    }

    /// <summary>A quantity whose value is a number; null for any other. A code of a unit is said only where it surely is one.</summary>
    public static JsonObject? Quantity(Quantity? quantity, string comparator = "")
    {
        if (quantity is null || Number(quantity.Value) is not { } number)
        {
            return null;
        }

        JsonObject made = new() { ["value"] = number };
        Set(made, "comparator", comparator);
        var unit = ShownText.Of(quantity.Unit, 100);
        Set(made, "unit", unit);
        if (UnitSystem(unit) is { } system)
        {
            made["system"] = system;
            made["code"] = unit;
        }

        return made;
    }

    /// <summary>One quantity, with "below" and "above" as its comparator; null when it is a range with two ends, or no number.</summary>
    public static JsonObject? Compared(QuantityRange? range) => range switch
    {
        { Single: true } => Quantity(range.Low),
        { Low: null, High: { } high } => Quantity(high, high.Exclusive ? "<" : "<="),
        { Low: { } low, High: null } => Quantity(low, low.Exclusive ? ">" : ">="),
        _ => null,
    };

    /// <summary>A range with one end or two, both of them numbers.</summary>
    public static JsonObject? Range(QuantityRange? range)
    {
        var (low, high) = (Quantity(range?.Low), Quantity(range?.High));
        if ((low ?? high) is null || (range!.Low is not null && low is null) || (range.High is not null && high is null))
        {
            return null;
        }

        JsonObject made = [];
        Set(made, "low", low);
        Set(made, "high", high);
        return made;
    }

    /// <summary>A decimal number with every digit that was written.</summary>
    public static JsonNode? Number(string written) => written.Length <= NumberMax && DecimalNumber().IsMatch(written)
        ? JsonNode.Parse(written)
        : null;

    private static string? UnitSystem(string unit) => EdqmCode().IsMatch(unit) ? Edqm
        : Annotation().IsMatch(unit) || (!UnitTable.Habits.ContainsKey(unit) && Ascii().IsMatch(unit) && Unit.TryRead(unit, out _)) ? Ucum
        : null;

    /// <summary>As far as both are known.</summary>
    private static int Order(string one, string other)
    {
        var length = Math.Min(one.Length, other.Length);
        return length > DayLength && one.Length == other.Length
            ? DateTimeOffset.Parse(one, CultureInfo.InvariantCulture).CompareTo(DateTimeOffset.Parse(other, CultureInfo.InvariantCulture))
            : string.CompareOrdinal(one, 0, other, 0, length);
    }

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?\z")]
    private static partial Regex DecimalNumber();

    [GeneratedRegex(@"\A[0-9]{8}\z")]
    private static partial Regex EdqmCode();

    [GeneratedRegex(@"\A\{[!-z|~]+\}\z")]
    private static partial Regex Annotation();

    [GeneratedRegex(@"\A[!-~]+\z")]
    private static partial Regex Ascii();
}
