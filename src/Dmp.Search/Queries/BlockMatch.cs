using Dmp.Search.Index;

namespace Dmp.Search.Queries;

/// <summary>A place where a term is met.</summary>
/// <param name="First">Position of its first word.</param>
/// <param name="Last">Position of its last word.</param>
/// <param name="Weight">What it counts; 1 as typed.</param>
/// <param name="Term">Which term, by its number.</param>
internal readonly record struct Occurrence(int First, int Last, float Weight, int Term)
{
    // Weights are products of few constants, all of them hundredths.
    private const float WeightSteps = 100;

    /// <summary>All of it in one number, by which places are ordered.</summary>
    public ulong Key => ((ulong)First << 32) | ((ulong)Term << 24) | ((ulong)MathF.Round(Weight * WeightSteps) << 16)
        | (ushort)(Last - First);

    public static Occurrence Of(ulong key) =>
        new((int)(key >> 32), (int)(key >> 32) + (ushort)key, (byte)(key >> 16) / WeightSteps, (byte)(key >> 24));
}

/// <summary>Looks a question up in one block after another. Lists are used again, so it is for one thread.</summary>
internal sealed class BlockMatch(SearchQuery query)
{
    /// <summary>
    /// Most places of one form of a word in one document that are looked at, and of all forms together in a phrase. More of a word change
    /// no score that one could see; a phrase that stands behind them only is not found.
    /// </summary>
    private const int PlacesMax = 20_000;

    // Most forms that begin as the last word does.
    private const int PrefixFormsMax = 200;

    private const float StemWeight = 0.7f;

    private readonly List<Occurrence> found = [];
    private readonly List<ulong> keys = [];
    private readonly List<int> positions = [];
    private readonly List<int> chain = [];
    private readonly List<int> next = [];

    /// <summary>The places of all terms, in order; null when the document is none of those asked for.</summary>
    public List<Occurrence>? Find(BlockReader block)
    {
        found.Clear();
        foreach (var term in query.Excluded)
        {
            if (AddPlaces(block, term, 0))
            {
                return null;
            }
        }

        for (var number = 0; number < query.Terms.Count; number++)
        {
            if (!AddPlaces(block, query.Terms[number], number))
            {
                return null;
            }
        }

        Order();
        return found;
    }

    /// <summary>Orders what was found by places. Numbers are ordered many times faster than what they stand for.</summary>
    private void Order()
    {
        keys.Clear();
        var isOrdered = true;
        foreach (var one in found)
        {
            var key = one.Key;
            isOrdered &= keys.Count == 0 || keys[^1] <= key;
            keys.Add(key);
        }

        if (isOrdered)
        {
            return;
        }

        keys.Sort();
        for (var i = 0; i < keys.Count; i++)
        {
            found[i] = Occurrence.Of(keys[i]);
        }
    }

    private bool AddPlaces(BlockReader block, Term term, int number)
    {
        var before = found.Count;
        foreach (var alternative in term.Alternatives)
        {
            if (alternative.Words is [var word])
            {
                AddWord(block, word, alternative.Weight, number);
            }
            else
            {
                AddPhrase(block, alternative, number);
            }
        }

        return found.Count > before;
    }

    private void AddWord(BlockReader block, Matcher word, float weight, int number)
    {
        if (word.Kind == MatchKind.Prefix)
        {
            positions.Clear();
            PrefixPlaces(block, word, positions);
            AddAll(weight, number);
            return;
        }

        var forms = new FormReader(word.StemBytes, block.Find(word.StemBytes));
        while (forms.Next())
        {
            var isForm = forms.IsForm(word.FormBytes);
            if (isForm || word.Kind == MatchKind.Stem)
            {
                positions.Clear();
                forms.Positions(positions, PlacesMax);
                AddAll(isForm ? weight : weight * StemWeight, number);
            }
            else
            {
                forms.Pass();
            }
        }
    }

    private void AddAll(float weight, int number)
    {
        foreach (var position in positions)
        {
            found.Add(new Occurrence(position, position, weight, number));
        }
    }

    private void AddPhrase(BlockReader block, Alternative phrase, int number)
    {
        // Pairs of where a chain began and where it has come to, word by word.
        chain.Clear();
        Places(block, phrase.Words[0], positions);
        foreach (var position in positions)
        {
            chain.Add(position);
            chain.Add(position);
        }

        for (var i = 1; i < phrase.Words.Count && chain.Count > 0; i++)
        {
            Places(block, phrase.Words[i], next);
            Continue(phrase.GapMax);
        }

        for (var i = 0; i < chain.Count; i += 2)
        {
            found.Add(new Occurrence(chain[i], chain[i + 1], phrase.Weight, number));
        }
    }

    /// <summary>Keeps the chains that go on with the next word within the gap.</summary>
    private void Continue(int gapMax)
    {
        var (kept, at) = (0, 0);
        for (var i = 0; i < chain.Count; i += 2)
        {
            while (at < next.Count && next[at] <= chain[i + 1])
            {
                at++;
            }

            if (at < next.Count && next[at] - chain[i + 1] <= gapMax)
            {
                (chain[kept], chain[kept + 1]) = (chain[i], next[at]);
                kept += 2;
            }
        }

        chain.RemoveRange(kept, chain.Count - kept);
    }

    /// <summary>All places of a word, in order.</summary>
    private static void Places(BlockReader block, Matcher word, List<int> into)
    {
        into.Clear();
        var several = 0;
        var forms = new FormReader(word.StemBytes, block.Find(word.StemBytes));
        while (forms.Next())
        {
            if (word.Kind == MatchKind.Stem || forms.IsForm(word.FormBytes))
            {
                forms.Positions(into, PlacesMax);
                several++;
            }
            else
            {
                forms.Pass();
            }
        }

        if (several > 1)
        {
            into.Sort();
        }
    }

    private static void PrefixPlaces(BlockReader block, Matcher word, List<int> into)
    {
        var left = PrefixFormsMax;
        block.ForEach((stem, bytes) =>
        {
            var forms = new FormReader(stem, bytes);
            while (left > 0 && forms.Next())
            {
                if (forms.Begins(word.FormBytes))
                {
                    forms.Positions(into, PlacesMax);
                    left--;
                }
                else
                {
                    forms.Pass();
                }
            }
        });
        into.Sort();
    }
}
