using System.Text;

namespace Dmp.Facts.Reading;

/// <summary>Text as it is kept: runs of blanks are one blank, none comes first, and of a long one the beginning is kept.</summary>
public static class Words
{
    internal static void Append(StringBuilder text, ReadOnlySpan<char> value, int charsMax)
    {
        foreach (var letter in value)
        {
            // A character of two halves is kept whole or not at all.
            if (text.Length >= charsMax - (char.IsHighSurrogate(letter) ? 1 : 0))
            {
                return;
            }

            var isBlank = char.IsWhiteSpace(letter);
            if (!isBlank || (text.Length > 0 && text[^1] != ' '))
            {
                text.Append(isBlank ? ' ' : letter);
            }
        }
    }

    /// <summary>The beginning of a text, without half a character at its end.</summary>
    public static string Cut(string text, int charsMax) =>
        text.Length <= charsMax ? text : text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];
}
