using System.Globalization;
using System.Text;

namespace Dmp.Server.Errors;

/// <summary>
/// Which characters may stand in a text at all. The only place that says so: for messages (<see cref="TextRules"/>), metadata of calls,
/// claims of tokens and what is read from documents. Needs nothing but the runtime.
/// </summary>
internal static class TextCharacters
{
    /// <summary>What is wrong with a character wherever it stands.</summary>
    public enum Fault
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>A control character, U+0000 first of all.</summary>
        Control,

        /// <summary>A code point that Unicode keeps out of texts for ever.</summary>
        Noncharacter,

        /// <summary>It changes the direction in which what follows is written, so that people read something else than what is
        /// there.</summary>
        Direction,

        /// <summary>Nobody sees it, so that two texts that look the same are not.</summary>
        Invisible,
    }

    // Default_Ignorable_Code_Point of Unicode, less the variation selectors and joiners that are told apart, and the interlinear marks.
    private static readonly (int First, int Last)[] invisible =
    [
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200D), (0x2060, 0x2064),
        (0x206A, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
        (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ];

    /// <summary>What is wrong with a character, wherever it stands. Line breaks and tabs are control characters.</summary>
    public static Fault Of(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7F and < 0xA0) => Fault.Control,
        < 0xA0 => Fault.None,
        (>= 0xFDD0 and <= 0xFDEF) => Fault.Noncharacter,
        var value when (value & 0xFFFE) == 0xFFFE => Fault.Noncharacter,
        0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => Fault.Direction,
        var value => IsInvisible(value) ? Fault.Invisible : Fault.None,
    };

    /// <summary>
    /// A joiner or variation selector: it shows in the letters beside it. Texts of some scripts (Persian, Indic ones) and pictograms need
    /// it.
    /// </summary>
    public static bool IsJoiner(Rune rune) => rune.Value is 0x200C or 0x200D or (>= 0xFE00 and <= 0xFE0F);

    /// <summary>True where a joiner after this character has something to do: not in Latin, Greek or Cyrillic, and not after a
    /// blank.</summary>
    public static bool TakesJoiner(Rune rune) =>
        IsJoiner(rune) || (rune.Value >= 0x0590 && (Rune.IsLetter(rune) || IsMark(rune))) || IsPictogram(rune);

    /// <summary>A letter's mark, such as a combining accent.</summary>
    public static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>White space, or what looks like it.</summary>
    public static bool IsBlank(Rune rune) => Rune.IsWhiteSpace(rune) || rune.Value == 0x2800;

    /// <summary>A break of the line that is no control character.</summary>
    public static bool IsLineBreak(Rune rune) => rune.Value is 0x2028 or 0x2029;

    /// <summary>
    /// A text without what may stand in none: for what came from elsewhere and is not refused because of that. Line breaks and tabs become
    /// blanks, half characters and the others go.
    /// </summary>
    public static string Clean(string text)
    {
        if (IsClean(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t' || IsLineBreak(rune))
            {
                clean.Append(' ');
            }
            else if (Of(rune) == Fault.None && rune != Rune.ReplacementChar)
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    /// <summary>True for a text that <see cref="Clean"/> leaves as it is.</summary>
    public static bool IsClean(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (Of(rune) != Fault.None || rune == Rune.ReplacementChar || IsLineBreak(rune))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPictogram(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol
        || rune.Value is '#' or '*' or (>= '0' and <= '9') or 0x2194 or 0x2195 or 0x203C or 0x2049;

    private static bool IsInvisible(int value)
    {
        foreach (var (first, last) in invisible)
        {
            if (value <= last)
            {
                return value >= first;
            }
        }

        return false;
    }
}
