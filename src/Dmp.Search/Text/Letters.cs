using System.Text;

namespace Dmp.Search.Text;

/// <summary>Text as it is kept: one blank for many, one line end for many, and no half character at a cut.</summary>
internal static class Letters
{
    /// <summary>The beginning of a text, without half a character at its end.</summary>
    public static string Cut(string text, int charsMax) =>
        text.Length <= charsMax ? text
            : charsMax <= 0 ? ""
            : text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];

    /// <summary>Appends text up to a length; false when something was left out.</summary>
    public static bool Append(StringBuilder text, ReadOnlySpan<char> value, int charsMax)
    {
        foreach (var letter in value)
        {
            if (text.Length >= charsMax - (char.IsHighSurrogate(letter) ? 1 : 0))
            {
                return false;
            }

            if (!char.IsWhiteSpace(letter) && !char.IsControl(letter))
            {
                text.Append(letter);
            }
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
            {
                text.Append(' ');
            }
        }

        return true;
    }

    /// <summary>Ends the line, unless it is empty.</summary>
    public static void EndLine(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        if (text.Length > 0 && text[^1] != '\n')
        {
            text.Append('\n');
        }
    }
}
