using System.Globalization;

namespace Dmp.Search.Words;

/// <summary>
/// Characters as they are compared: lower case, without accents, ligatures opened. Own tables, because the runtime is built without
/// language data and then normalises nothing. A combining mark folds to nothing, so both Unicode forms of an accent are equal.
/// </summary>
internal static class Folding
{
    /// <summary>Most characters that one becomes.</summary>
    public const int WidthMax = 5;

    // U+00C0 to U+017F in order; a dot is a character that is no letter.
    private const string Latin =
        "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"
        + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllll"
        + "lllnnnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    private static readonly string[] low = Table();

    /// <summary>What may stand in a word: letters and digits of any script, digits above or below the line, accents.</summary>
    public static bool IsPart(char letter) =>
        char.IsAsciiLetterOrDigit(letter)
        || (letter >= '\u00aa' && (char.IsLetterOrDigit(letter) || IsMark(letter) || DigitOf(letter) >= 0));

    public static bool IsMark(char letter) => letter is >= '\u0300' and <= '\u036f';

    /// <summary>What stands within a word and is not seen: a soft hyphen, joiners, a mark of the byte order.</summary>
    public static bool IsHidden(char letter) => letter is '\u00ad' or (>= '\u200b' and <= '\u200d') or '\u2060' or '\ufeff';

    /// <summary>The value of a digit of any script, also above or below the line; -1 for others.</summary>
    public static int DigitOf(char letter) => letter switch
    {
        >= '0' and <= '9' => letter - '0',
        < '\u00b2' => -1,
        '²' => 2,
        '³' => 3,
        '¹' => 1,
        '\u2070' or (>= '\u2074' and <= '\u2079') => letter - '\u2070',
        >= '\u2080' and <= '\u2089' => letter - '\u2080',
        _ => char.IsDigit(letter) ? CharUnicodeInfo.GetDecimalDigitValue(letter) : -1,
    };

    /// <summary>Writes the folded character, and answers how many characters it became: 0 to <see cref="WidthMax"/>.</summary>
    public static int Fold(char letter, Span<char> into)
    {
        if (letter < low.Length)
        {
            var folded = low[letter];
            folded.CopyTo(into);
            return folded.Length;
        }

        if (IsMark(letter) || IsHidden(letter))
        {
            return 0;
        }

        if (DigitOf(letter) is >= 0 and var digit)
        {
            into[0] = (char)('0' + digit);
            return 1;
        }

        var opened = Opened(letter);
        if (opened.Length > 0)
        {
            opened.CopyTo(into);
            return opened.Length;
        }

        into[0] = char.ToLowerInvariant(letter);
        return 1;
    }

    /// <summary>Ligatures that a font drew, and the Greek letters that medicine writes.</summary>
    private static string Opened(char letter) => letter switch
    {
        '\ufb00' => "ff",
        '\ufb01' => "fi",
        '\ufb02' => "fl",
        '\ufb03' => "ffi",
        '\ufb04' => "ffl",
        '\ufb05' or '\ufb06' => "st",
        'α' or 'Α' => "alpha",
        'β' or 'Β' or 'ϐ' => "beta",
        'γ' or 'Γ' => "gamma",
        'δ' or 'Δ' => "delta",
        'μ' => "u",
        'ẞ' => "ss",
        'ỳ' or 'Ỳ' => "y",
        'ẽ' or 'Ẽ' => "e",
        _ => "",
    };

    private static string[] Table()
    {
        var table = new string[0x180];
        for (var letter = 0; letter < table.Length; letter++)
        {
            table[letter] = (char)letter switch
            {
                'œ' or 'Œ' => "oe",
                'æ' or 'Æ' => "ae",
                'ß' => "ss",
                'þ' or 'Þ' => "th",
                'ĳ' or 'Ĳ' => "ij",
                'µ' => "u",
                'ª' => "a",
                'º' => "o",
                '\u00ad' => "",
                var other when DigitOf(other) is >= 0 and var digit => ((char)('0' + digit)).ToString(),
                var other when letter >= 0xC0 && Latin[letter - 0xC0] != '.' => Latin[letter - 0xC0].ToString(),
                var other => char.ToLowerInvariant(other).ToString(),
            };
        }

        return table;
    }
}
