using System.Text;

namespace Dmp.Facts.Reading;

/// <summary>Text as it is kept: runs of blanks are one blank, none comes first, and of a long one the beginning is kept.</summary>
internal static class Words
{
    public static void Append(StringBuilder text, ReadOnlySpan<char> value, int charsMax)
    {
        foreach (var letter in value)
        {
            if (text.Length >= charsMax)
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
}
