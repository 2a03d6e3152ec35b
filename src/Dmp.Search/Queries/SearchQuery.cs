using System.Diagnostics.CodeAnalysis;
using Dmp.Search.Synonyms;
using Dmp.Search.Words;

namespace Dmp.Search.Queries;

/// <summary>
/// A question: words that must all be there, <c>"words in quotes"</c> as they are written, and <c>-words</c> that must not be there. It
/// holds no document and may be used for many.
/// </summary>
public sealed class SearchQuery
{
    /// <summary>Most characters of a question.</summary>
    public const int CharsMax = 500;

    /// <summary>Most words and phrases of a question; small ones such as <c>de</c> beside others do not count.</summary>
    public const int TermsMax = 20;

    private readonly HashSet<string> forms = new(StringComparer.Ordinal);
    private readonly HashSet<string> stems = new(StringComparer.Ordinal);
    private readonly HashSet<string> beginnings = new(StringComparer.Ordinal);

    internal SearchQuery(IReadOnlyList<Term> terms, IReadOnlyList<Term> excluded)
    {
        (Terms, Excluded) = (terms, excluded);
        foreach (var word in terms.SelectMany(term => term.Alternatives).SelectMany(alternative => alternative.Words))
        {
            _ = word.Kind switch
            {
                MatchKind.Exact => forms.Add(word.Form.ToLowerInvariant()),
                MatchKind.Stem => stems.Add(word.Stem),
                _ => beginnings.Add(word.Form),
            };
        }
    }

    internal IReadOnlyList<Term> Terms { get; }

    internal IReadOnlyList<Term> Excluded { get; }

    /// <summary>Whether a word of a text is one of those that are looked for.</summary>
    internal bool IsLookedFor(string form) =>
        forms.Contains(form)
        || stems.Contains(FrenchStem.Of(form))
        || beginnings.Any(beginning => form.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Reads a question.</summary>
    /// <param name="text">As typed. A quote that is not closed goes to the end.</param>
    /// <param name="synonyms">What is looked for beside the words; null for the embedded table.</param>
    /// <param name="hasOpenEnd">The last word is being typed: words that begin with it are found too.</param>
    /// <param name="query">The question; null when it cannot be asked.</param>
    /// <param name="fault">Why not; null when it can.</param>
    public static bool TryParse(
        string text,
        SynonymTable? synonyms,
        bool hasOpenEnd,
        [NotNullWhen(true)] out SearchQuery? query,
        [NotNullWhen(false)] out QueryFault? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        (query, fault) = new QueryParser(synonyms ?? SynonymTable.Embedded).Parse(text, hasOpenEnd);
        return query is not null;
    }
}
