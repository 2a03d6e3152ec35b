namespace Dmp.Server.Media;

/// <summary>
/// How names of French registries are compared: without accents, case, hyphens, apostrophes and blanks. Pure. A blank parts one given name
/// from the next, a hyphen joins two to one: JEAN PIERRE may be Jean, JEAN-PIERRE is not.
/// </summary>
internal static class PatientNames
{
    private const int WordsMax = 40;

    private static readonly string[] titles =
        [
            "M", "MR", "MME", "MLLE", "MELLE", "MONSIEUR", "MADAME", "MADEMOISELLE",
            "DR", "DOCTEUR", "PR", "ENFANT", "BEBE", "PATIENT", "PATIENTE",
        ];

    // What follows is a family name of the same person.
    private static readonly string[] markers = ["NEE", "NE", "EPOUSE", "EPOUX", "EP", "VEUVE", "VVE", "DITE", "DIT", "USAGE"];

    private static readonly (string Accented, string Plain)[] letters =
    [
        ("ÀÁÂÃÄÅĀĂĄǍ", "A"), ("ÇĆĈĊČ", "C"), ("ĎĐÐ", "D"), ("ÈÉÊËĒĔĖĘĚ", "E"),
        ("ĜĞĠĢ", "G"), ("ĤĦ", "H"), ("ÌÍÎÏĨĪĬĮİ", "I"), ("Ĵ", "J"), ("Ķ", "K"),
        ("ĹĻĽĿŁ", "L"), ("ÑŃŅŇ", "N"), ("ÒÓÔÕÖØŌŎŐ", "O"), ("ŔŖŘ", "R"), ("ŚŜŞŠȘ", "S"), ("ŢŤŦȚ", "T"), ("ÙÚÛÜŨŪŬŮŰŲ", "U"), ("Ŵ", "W"),
        ("ÝŸŶ", "Y"),
        ("ŹŻŽ", "Z"), ("Œ", "OE"), ("Æ", "AE"), ("ß", "SS"), ("Þ", "TH"),
    ];

    /// <summary>A name as it is compared.</summary>
    public static string Key(string name) => string.Concat(name.ToUpperInvariant().Where(char.IsLetter).Select(Plain));

    /// <summary>True when the given names of a document begin with the first one of the record.</summary>
    public static bool GivenAgrees(string givens, IReadOnlyList<string> recorded) => GivenAgrees(Words(givens), recorded);

    /// <summary>Finds the family name and the first given name in a name that is written as one text, in either order.</summary>
    public static (bool Family, bool Given) FindIn(string text, string family, IReadOnlyList<string> givens)
    {
        var words = Words(text).Where(word => !titles.Contains(word)).ToArray();
        var hasFamily = false;
        for (var start = 0; start < words.Length; start++)
        {
            var end = Spell(words, start, Key(family));
            if (end < 0)
            {
                continue;
            }

            hasFamily = true;
            if (BeginsWithGiven(words[..start], givens) || BeginsWithGiven(words[end..], givens))
            {
                return (true, true);
            }
        }

        return (hasFamily, !hasFamily && Enumerable.Range(0, words.Length).Any(start => GivenAgrees(words[start..], givens)));
    }

    /// <summary>Where another family name is told apart by a word, the given name may come behind it.</summary>
    private static bool BeginsWithGiven(string[] words, IReadOnlyList<string> givens) =>
        GivenAgrees(words, givens)
        || words.Any(word => markers.Contains(word))
            && Enumerable.Range(1, Math.Max(0, words.Length - 1)).Any(start => GivenAgrees(words[start..], givens));

    private static bool GivenAgrees(string[] words, IReadOnlyList<string> recorded)
    {
        if (recorded is [] || words.Length == 0)
        {
            return false;
        }

        var all = recorded.SelectMany(Words).Take(WordsMax).ToArray();
        var first = Words(recorded[0]).Length;
        for (var count = 1; count <= all.Length; count++)
        {
            // Either all of the first name of the record, or all that the document says, which may be less of a record that holds all in
            // one.
            var end = Spell(words, 0, string.Concat(all[..count]));
            if (end > 0 && (count >= first || end == words.Length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Behind the words from <paramref name="start"/> that are <paramref name="key"/> together; -1 when none are.</summary>
    private static int Spell(string[] words, int start, string key)
    {
        var rest = key.AsSpan();
        for (var at = start; at < words.Length && rest.StartsWith(words[at], StringComparison.Ordinal); at++)
        {
            rest = rest[words[at].Length..];
            if (rest.IsEmpty)
            {
                return at + 1;
            }
        }

        return -1;
    }

    private static string[] Words(string text) =>
        [.. text.Split([' ', ',', ';', '\t', '\u00A0', '\u202F'], StringSplitOptions.RemoveEmptyEntries)
            .Select(Key)
            .Where(word => word.Length > 0)
            .Take(WordsMax)];

    private static string Plain(char letter)
    {
        foreach (var (accented, plain) in letters)
        {
            if (letter > 127 && accented.Contains(letter, StringComparison.Ordinal))
            {
                return plain;
            }
        }

        return letter.ToString();
    }
}
