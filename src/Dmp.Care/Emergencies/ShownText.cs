using System.Globalization;
using System.Text;
using Dmp.Facts.Reading;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Words of documents as a page may show them: on one line, without characters that nobody sees or that turn the direction of writing
/// (a dose must not read "05" where "50" was written), and not longer than there is room for.
/// </summary>
internal static class ShownText
{
    /// <summary>Most characters of a title or a detail.</summary>
    public const int PartMax = 300;

    /// <summary>Most characters of a name.</summary>
    public const int NameMax = 120;

    // No writing needs more on one letter; masses of them cover the lines around.
    private const int MarksMax = 4;

    private const string Ellipsis = "…";

    /// <summary>Empty for what has nothing to show.</summary>
    public static string Of(string? text, int charsMax = PartMax)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var shown = new StringBuilder(Math.Min(text.Length, charsMax + 1));
        var marks = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length > charsMax)
            {
                break;
            }

            if (Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control)
            {
                if (shown.Length > 0 && shown[^1] != ' ')
                {
                    shown.Append(' ');
                }
            }
            else if (IsSeen(rune) && (marks = IsMark(rune) ? marks + 1 : 0) <= MarksMax)
            {
                shown.Append(rune.ToString());
            }
        }

        var whole = shown.ToString().TrimEnd();
        return whole.Length <= charsMax ? whole : Words.Cut(whole, charsMax - Ellipsis.Length).TrimEnd() + Ellipsis;
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static bool IsSeen(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
        && rune != Rune.ReplacementChar;
}
