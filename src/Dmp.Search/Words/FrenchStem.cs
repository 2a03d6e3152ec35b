namespace Dmp.Search.Words;

/// <summary>
/// The stem of a French word, by the light stemmer of J. Savoy ("Light stemming approaches for the French, Portuguese, German and
/// Hungarian languages", SAC 2006; rules for plural, feminine and the commonest derivations), with these differences:
/// <list type="bullet">
/// <item>Accents are folded before, not after: capitals without accents must have the stem of the word as it is written.</item>
/// <item>What a suffix left is not shortened a second time, so that <c>ulcération</c> and <c>ulcère</c> stay together.</item>
/// <item><c>-isme</c> is taken off as <c>-ique</c> is: <c>tabagisme</c> and <c>tabagique</c>.</item>
/// <item><c>-aient</c> and <c>-ait</c> of the imperfect, in which letters are written, are taken off.</item>
/// <item><c>-esse</c> is kept, so that a <c>grossesse</c> is not <c>gros</c>, and so is a double s (<c>poisson</c>).</item>
/// </list>
/// </summary>
internal static class FrenchStem
{
    private const int LengthMax = 64;

    /// <summary>Endings, the shortest word that has one, and what stands in its place. The first that fits counts.</summary>
    private static readonly (string Ending, int Min, string Other)[] suffixes =
    [
        ("issement", 10, "i"),
        ("issant", 9, "i"),
        ("ivement", 9, "if"),
        ("ement", 7, ""),
        ("ification", 11, "if"),
        ("ficatrice", 12, "f"),
        ("ficateur", 11, "f"),
        ("ication", 9, "iqu"),
        ("icatrice", 11, "iqu"),
        ("icateur", 10, "iqu"),
        ("atrice", 9, ""),
        ("ateur", 8, ""),
        ("trice", 7, "t"),
        ("teuse", 8, "t"),
        ("teur", 7, "t"),
        ("euse", 6, "eu"),
        ("iere", 7, "i"),
        ("ier", 6, "i"),
        ("gere", 6, "g"),
        ("isme", 8, ""),
        ("ive", 6, "if"),
        ("nnelle", 10, "n"),
        ("nnel", 8, "n"),
        ("ique", 8, ""),
        ("inage", 8, "in"),
        ("ation", 9, ""),
        ("ition", 9, ""),
        ("aient", 7, ""),
        ("fait", 5, "fait"),
        ("trait", 6, "trait"),
        ("ait", 6, ""),
    ];

    /// <summary>The stem of a folded word. One with a digit is its own stem.</summary>
    public static string Of(string form)
    {
        if (form.Length is <= 3 or > LengthMax || form.AsSpan().IndexOfAnyExceptInRange('a', 'z') >= 0)
        {
            return form;
        }

        Span<char> word = stackalloc char[LengthMax];
        form.CopyTo(word);
        var length = WithoutPlural(word, form.Length);
        var isShorter = WithoutSuffix(word, ref length);
        length = Single(word, length);
        length = isShorter ? length : WithoutEnding(word, length);
        return form.AsSpan().SequenceEqual(word[..length]) ? form : new string(word[..length]);
    }

    private static int WithoutPlural(Span<char> word, int length)
    {
        if (word[length - 1] == 'x')
        {
            // Rénaux, but not eaux.
            if (length > 5 && word[length - 3] == 'a' && word[length - 2] == 'u' && word[length - 4] != 'e')
            {
                word[length - 2] = 'l';
            }

            return length - 1;
        }

        return word[length - 1] == 's' && word[length - 2] != 's' ? length - 1 : length;
    }

    private static bool WithoutSuffix(Span<char> word, ref int length)
    {
        foreach (var (ending, min, other) in suffixes)
        {
            if (length >= min && word[..length].EndsWith(ending))
            {
                length -= ending.Length;
                other.CopyTo(word[length..]);
                length += other.Length;

                // What ended in -issement is a verb in -ir, and -ier is of verbs too: their own i is taken off below.
                return ending[..2] is not ("is" or "ie") || ending == "isme";
            }
        }

        return false;
    }

    /// <summary>One letter for two, but for a double s between vowels, which is another sound and often another word.</summary>
    private static int Single(Span<char> word, int length)
    {
        var kept = 1;
        for (var i = 1; i < length; i++)
        {
            if (word[i] != word[kept - 1] || word[i] == 's')
            {
                word[kept++] = word[i];
            }
        }

        return kept;
    }

    private static int WithoutEnding(Span<char> word, int length)
    {
        if (length > 4 && word[length - 1] == 'r')
        {
            length--;
        }

        if (length > 3 && word[length - 1] == 'e')
        {
            length--;
        }

        return length > 4 && word[length - 1] == 'i' ? length - 1 : length;
    }
}
