namespace Dmp.Search.Words;

/// <summary>
/// Words of everyday French that are abbreviations in capitals, such as <c>PAS</c> (pression artérielle systolique) and <c>SA</c>
/// (semaines d'aménorrhée). Where one stands in capitals beside lower case, a block has it a second time, as it is written, and its
/// long form finds that one alone: nearly every document has a <c>pas</c>.
/// </summary>
internal static class CapitalWords
{
    // How many words to one side say whether the text is in capitals.
    private const int Near = 2;

    private static readonly HashSet<string> all = new(StringComparer.Ordinal)
    {
        "pas", "ne", "sa", "son", "ses", "ma", "mon", "mes", "se", "ce", "ces", "est", "ont", "on", "il", "que", "qui", "ou", "si",
        "par", "sur", "pour", "dans", "avec", "plus",
    };

    /// <summary>The form in which it is looked for where an abbreviation is meant.</summary>
    public static string Of(string form) => Contains(form) ? form.ToUpperInvariant() : form;

    /// <summary>Adds those of a text behind its words.</summary>
    public static void Add(string text, List<Word> words)
    {
        var count = words.Count;
        for (var i = 0; i < count; i++)
        {
            var word = words[i];
            if (char.IsUpper(text[word.Start]) && word is { Span: 1, Length: > 1 } && Contains(word.Form)
                && IsAbbreviation(text, words, i, count))
            {
                words.Add(word with { Form = Of(word.Form) });
            }
        }
    }

    private static bool Contains(string form) => all.Contains(form) || SmallWords.Contains(form);

    private static bool IsAbbreviation(string text, List<Word> words, int at, int count) =>
        !HasLower(text, words[at]) && (Side(text, words, at, count, 1) ?? Side(text, words, at, count, -1) ?? false);

    /// <summary>Whether one of the words to this side has a lower letter; null when none has letters.</summary>
    private static bool? Side(string text, List<Word> words, int at, int count, int step)
    {
        var seen = 0;
        for (var i = at + step; i >= 0 && i < count && seen < Near; i += step)
        {
            if (words[i].Span == 1 && char.IsLetter(text[words[i].Start]))
            {
                seen++;
                if (HasLower(text, words[i]))
                {
                    return true;
                }
            }
        }

        return seen > 0 ? false : null;
    }

    private static bool HasLower(string text, Word word)
    {
        foreach (var letter in text.AsSpan(word.Start, word.Length))
        {
            if (char.IsLower(letter))
            {
                return true;
            }
        }

        return false;
    }
}
