using System.Globalization;
using System.Text;

namespace Dmp.Server.Identity;

/// <summary>Whether a text is what it looks like. For claims, which become names and identities; pure.</summary>
internal static class VisibleText
{
    /// <summary>
    /// False for a text with a control or format character (zero width, direction, a mark of byte order) or a line separator, and for one
    /// in which nothing can be seen. True for an empty one.
    /// </summary>
    public static bool Holds(string text)
    {
        var isSeen = false;
        foreach (var rune in text.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator:
                    return false;

                case UnicodeCategory.SpaceSeparator or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
                    or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse
                    or UnicodeCategory.Surrogate:
                    break;

                default:
                    isSeen |= !IsFiller(rune.Value);
                    break;
            }
        }

        return isSeen || text.Length == 0;
    }

    /// <summary>Letters and symbols without ink: fillers of Hangul, the empty Braille pattern.</summary>
    private static bool IsFiller(int rune) => rune is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800;
}
