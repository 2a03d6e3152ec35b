namespace Dmp.Search.Words;

/// <summary>
/// Words that a question may do without. Blocks hold them as any other, so that a phrase in quotes is found as written. The list is
/// short on purpose: <c>pas</c>, <c>ne</c>, <c>sans</c>, <c>ta</c> and single letters say something in medicine.
/// </summary>
internal static class SmallWords
{
    private static readonly HashSet<string> all = new(StringComparer.Ordinal)
    {
        "de", "la", "le", "les", "et", "du", "des", "un", "une", "au", "aux", "en",
    };

    public static bool Contains(string form) => all.Contains(form);

    /// <summary>As typed: <c>à</c> is small, and the A of a blood group is not.</summary>
    public static bool Contains(string form, ReadOnlySpan<char> typed) => Contains(form) || typed is "à" or "À" or "a\u0300";
}
