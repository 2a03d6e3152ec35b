using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>Codes in the words of their documents, and what some of them mean.</summary>
internal static class CodeWords
{
    private static readonly HashSet<string> active = new(StringComparer.OrdinalIgnoreCase)
    {
        "active", "55561003", "recurrence", "relapse", "246455001", "263855007", "actif", "active", "récurrent",
    };

    private static readonly HashSet<string> past = new(StringComparer.OrdinalIgnoreCase)
    {
        "inactive", "resolved", "remission", "73425007", "413322009", "277022003", "723506003", "inactif", "résolu",
    };

    /// <summary>In words: those of the code, or of its author, or the code itself.</summary>
    public static string Of(CodedValue? value, int charsMax = ShownText.PartMax)
    {
        if (value is null)
        {
            return "";
        }

        var words = ShownText.Of(value.Display, charsMax);
        words = words.Length > 0 ? words : ShownText.Of(value.Text, charsMax);
        return words.Length > 0 ? words : ShownText.Of(value.Code, charsMax);
    }

    /// <summary>What two statements on the same thing share: the code, or else the words without capitals.</summary>
    public static string Key(CodedValue? value, string words) => value is { Code.Length: > 0 }
        ? $"{value.System}|{value.Code}" : "text|" + ShownText.Of(words).ToUpperInvariant();

    /// <summary>Whether it still is so, by a code of HL7 or SNOMED CT, or by its word.</summary>
    public static StatedState State(CodedValue? status) => status is null ? StatedState.Unspecified
        : active.Contains(status.Code) || active.Contains(status.Display) ? StatedState.Active
        : past.Contains(status.Code) || past.Contains(status.Display) ? StatedState.Past
        : StatedState.Unspecified;

    /// <summary>A quantity with its unit; annotations of UCUM lose their braces.</summary>
    public static string Of(Quantity? quantity) => quantity is null ? ""
        : ShownText.Of(quantity.Value.Length > 0 ? $"{quantity.Value} {Unit(quantity.Unit)}".TrimEnd() : quantity.Written, 60);

    /// <summary>A range: from, to, below, above.</summary>
    public static string Of(QuantityRange? range) => range switch
    {
        null => "",
        { Single: true } => Of(range.Low),
        { Low: { } low, High: { } high } => $"{Of(low)} – {Of(high)}",
        { Low: { } low } => $"≥ {Of(low)}",
        { High: { Exclusive: true } high } => $"< {Of(high)}",
        { High: { } high } => $"≤ {Of(high)}",
        _ => "",
    };

    /// <summary>UCUM writes the sign for a millionth as a "u".</summary>
    public static string Micro(string unit) =>
        unit.StartsWith("umol", StringComparison.Ordinal) || unit.StartsWith("ug", StringComparison.Ordinal) ? $"µ{unit[1..]}" : unit;

    public static string Unit(string unit) => unit == "1" ? "" : unit.Trim('{', '}');

    /// <summary>Sides and places, as qualifiers have them: "hanche, droit".</summary>
    public static string Sites(IEnumerable<CodedValue> sites) => string.Join("; ", sites
        .Select(site => string.Join(", ", new[] { Of(site, 80) }
            .Concat(site.Qualifiers.Select(qualifier => Of(qualifier.Value, 40)))
            .Where(words => words.Length > 0)))
        .Where(words => words.Length > 0)
        .Distinct()
        .Take(3));
}
