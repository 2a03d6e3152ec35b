using Dmp.Search.Words;

namespace Dmp.Search.Synonyms;

/// <summary>One side of a row: an abbreviation, a word, or several words.</summary>
/// <param name="Forms">Its words without small ones, folded.</param>
/// <param name="IsExact">It is of capitals and digits: an abbreviation has no stem.</param>
internal sealed record SynonymSide(IReadOnlyList<string> Forms, bool IsExact)
{
    public IReadOnlyList<string> Stems { get; } = [.. Forms.Select(form => IsExact ? form : FrenchStem.Of(form))];

    public string Key { get; } = string.Join(' ', Forms);

    /// <summary>Whether these words of a question, from one of them on, are this side.</summary>
    public bool IsAt(IReadOnlyList<string> forms, int at)
    {
        if (at + Forms.Count > forms.Count)
        {
            return false;
        }

        for (var i = 0; i < Forms.Count; i++)
        {
            if (forms[at + i] != Forms[i] && (IsExact || FrenchStem.Of(forms[at + i]) != Stems[i]))
            {
                return false;
            }
        }

        return true;
    }
}
