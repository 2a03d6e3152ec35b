using System.Text.RegularExpressions;
using Dmp.Interactions;

namespace Dmp.Care.Medications;

/// <summary>The words of a name of a product: small letters without accents, numbers apart from their units.</summary>
internal static partial class NameWords
{
    private const int LengthMax = 500;
    private const int CountMax = 60;

    /// <summary>What may stand behind the number of a strength without naming another product.</summary>
    private static readonly HashSet<string> strengths =
    [
        "mg", "g", "gr", "kg", "ml", "l", "cl", "ug", "mcg", "µg", "μg", "microgramme", "microgrammes", "milligramme", "milligrammes",
        "gramme", "grammes", "ui", "iu", "u", "unite", "unites", "%", "pour", "cent", "cp", "cpr", "comprime", "comprimes", "gelule",
        "gelules", "sachet", "sachets", "pellicule", "secable", "quadrisecable", "effervescent", "dragee", "capsule", "capsules", "molle",
        "par", "dose", "doses", "h", "heures", "solution", "buvable", "injectable", "poudre", "suspension", "enrobe", "lp", "liberation",
        "prolongee",
    ];

    public static IReadOnlyList<string> Of(string? text) =>
        WordPattern().Matches(Names.Key(text is { Length: > LengthMax } ? text[..LengthMax] : text))
            .Take(CountMax)
            .Select(match => match.Value.TrimEnd('-', '.', ','))
            .ToList();

    /// <summary>
    /// The forms in which a written name may be that of a known product: all its words, the words up to a comma, those without units, and
    /// the name before its strength, where nothing but a strength and a form comes behind.
    /// </summary>
    public static IEnumerable<string> FormsOf(string? text)
    {
        var whole = Of(text);
        if (whole.Count == 0)
        {
            yield break;
        }

        yield return string.Join(' ', whole);
        var comma = text!.IndexOf(',', StringComparison.Ordinal);
        var before = comma > 0 && !IsDecimal(text, comma) ? Of(text[..comma]) : whole;
        yield return string.Join(' ', before);
        var number = before.ToList().FindIndex(word => char.IsAsciiDigit(word[0]));
        if (number > 0 && before.Skip(number).All(word => char.IsAsciiDigit(word[0]) || strengths.Contains(word)))
        {
            yield return string.Join(' ', before.Where((word, place) => place < number || char.IsAsciiDigit(word[0])));
            yield return string.Join(' ', before.Take(number));
        }
    }

    /// <summary>"0,5" is a number, and no end of a name.</summary>
    private static bool IsDecimal(string text, int comma) =>
        comma + 1 < text.Length && char.IsAsciiDigit(text[comma - 1]) && char.IsAsciiDigit(text[comma + 1]);

    [GeneratedRegex(@"[0-9]+(?:[.,][0-9]+)?|[a-zµμ%][a-zµμ%'-]*")]
    private static partial Regex WordPattern();
}
