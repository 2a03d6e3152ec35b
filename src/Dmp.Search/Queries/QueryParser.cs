using Dmp.Search.Synonyms;
using Dmp.Search.Words;

namespace Dmp.Search.Queries;

/// <summary>Makes terms of what was typed.</summary>
internal sealed class QueryParser(SynonymTable synonyms)
{
    private const float PartsWeight = 0.9f;
    private const float PrefixWeight = 0.6f;
    private const float SynonymWeight = 0.4f;

    // Small words may stand between those of an expansion, and adjectives: infarctus sous-endocardique aigu du myocarde, as the ICD has it.
    private const int SynonymGap = 5;

    // Fewer letters begin too many words.
    private const int PrefixCharsMin = 2;

    private readonly WordReader reader = new();
    private readonly List<Term> terms = [];
    private readonly List<Term> excluded = [];

    public (SearchQuery? Query, QueryFault? Fault) Parse(string text, bool hasOpenEnd)
    {
        if (text.Length > SearchQuery.CharsMax)
        {
            return (null, QueryFault.TooLong);
        }

        // A question in capitals says nothing by them.
        var hasCase = text.Any(char.IsLower);
        foreach (var segment in QuerySegment.Of(text))
        {
            if (segment.IsPhrase)
            {
                AddPhrase(segment);
            }
            else
            {
                AddWords(segment, hasCase, hasOpenEnd && segment.IsLast);
            }
        }

        return (terms.Count + excluded.Count) switch
        {
            0 => (null, QueryFault.Empty),
            > SearchQuery.TermsMax => (null, QueryFault.TooManyWords),
            _ when terms.Count == 0 => (null, QueryFault.OnlyExcluded),
            _ => (new SearchQuery(terms, excluded), null),
        };
    }

    private void AddPhrase(QuerySegment segment)
    {
        List<Word> words = [];
        reader.Read(segment.Text, 0, words);
        var parts = words.Where(word => word.Span == 1).Select(word => new Matcher(MatchKind.Exact, word.Form)).ToList();
        if (parts.Count > 0)
        {
            var term = new Term();
            term.Add(new Alternative(parts, 1, 1));
            (segment.IsExcluded ? excluded : terms).Add(term);
        }
    }

    private void AddWords(QuerySegment segment, bool hasCase, bool isOpen)
    {
        List<Word> words = [];
        reader.Read(segment.Text, 0, words);
        var all = UnitsOf(words);
        var kept = all.FindAll(unit => !IsSmall(unit, segment.Text, hasCase));
        var isAlone = kept.Count == 0 && !segment.HasOthers;
        var units = isAlone || segment.IsExcluded ? all : kept;
        if (segment.IsExcluded)
        {
            excluded.AddRange(units.Select(unit => unit.Term));
            return;
        }

        if (isOpen && all is [.., { Parts: [var last] } unit] && last.Form.Length >= PrefixCharsMin)
        {
            unit.Term.Add(new Alternative([new Matcher(MatchKind.Prefix, last.Form)], 1, PrefixWeight));
        }

        AddSynonyms(units);
        terms.AddRange(units.Select(unit => unit.Term));
    }

    /// <summary>Words, and what is written as one with its parts behind it.</summary>
    private static List<Unit> UnitsOf(List<Word> words)
    {
        List<Unit> units = [];
        var parts = words.Where(word => word.Span == 1).ToDictionary(word => word.Position);
        var wholes = words.Where(word => word.Span > 1).ToDictionary(word => word.Position);
        for (var at = 0; at < parts.Count;)
        {
            var term = new Term();
            if (!wholes.TryGetValue(at, out var whole))
            {
                term.Add(new Alternative([new Matcher(MatchKind.Stem, parts[at].Form)], 1, 1));
                units.Add(new Unit(term, null, [parts[at++]]));
                continue;
            }

            var inside = Enumerable.Range(at, whole.Span).Select(position => parts[position]).ToList();
            term.Add(new Alternative([new Matcher(MatchKind.Stem, whole.Form)], 1, 1));
            term.Add(new Alternative([.. inside.Select(part => new Matcher(MatchKind.Stem, part.Form))], 1, PartsWeight));
            units.Add(new Unit(term, whole.Form, inside));
            at += whole.Span;
        }

        return units;
    }

    private static bool IsSmall(Unit unit, string text, bool hasCase)
    {
        if (unit.Parts is not [var part])
        {
            return false;
        }

        var typed = text.AsSpan(part.Start, part.Length);
        return SmallWords.Contains(part.Form, typed) && !(hasCase && typed.Length > 1 && !ContainsLower(typed));
    }

    private static bool ContainsLower(ReadOnlySpan<char> typed)
    {
        foreach (var letter in typed)
        {
            if (char.IsLower(letter))
            {
                return true;
            }
        }

        return false;
    }

    private void AddSynonyms(List<Unit> units)
    {
        var parts = units.SelectMany((unit, number) => unit.Parts.Select(part => (part.Form, Unit: number))).ToList();
        AddSynonyms(units, [.. parts.Select(part => part.Form)], [.. parts.Select(part => part.Unit)]);
        if (units.Exists(unit => unit.Whole is not null))
        {
            AddSynonyms(units, [.. units.Select(unit => unit.Whole ?? unit.Parts[0].Form)], [.. Enumerable.Range(0, units.Count)]);
        }
    }

    /// <summary>What stands for several words stands for each of them: all are met by it.</summary>
    private void AddSynonyms(List<Unit> units, string[] forms, int[] owners)
    {
        for (var at = 0; at < forms.Length; at++)
        {
            foreach (var (count, other) in synonyms.At(forms, at))
            {
                var kind = other.IsExact ? MatchKind.Exact : MatchKind.Stem;
                var met = other is { IsExact: true, Forms: [var form] } ? [CapitalWords.Of(form)] : other.Forms;
                var alternative = new Alternative([.. met.Select(form => new Matcher(kind, form))], SynonymGap, SynonymWeight);
                foreach (var owner in owners.Skip(at).Take(count).Distinct())
                {
                    units[owner].Term.Add(alternative);
                }
            }
        }
    }

    private sealed record Unit(Term Term, string? Whole, IReadOnlyList<Word> Parts);
}
