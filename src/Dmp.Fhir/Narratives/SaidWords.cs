namespace Dmp.Fhir.Narratives;

/// <summary>
/// Texts by their words, to find whether another one stands in them. That a repeated text is not seen does no harm, so memory and time
/// have bounds.
/// </summary>
internal sealed class SaidWords
{
    private const int WordsMax = 1_000_000;
    private const int PlacesMax = 32;
    private const int End = -1;

    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<int> words = [];

    /// <summary>By two words that follow each other: the last place where they do. For each place, the one before it.</summary>
    private readonly Dictionary<(int First, int Second), int> last = [];
    private readonly List<int> before = [];

    public void Add(string text)
    {
        var known = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var range in text.AsSpan().SplitAny(' ', '\n'))
        {
            var word = text.AsSpan()[range];
            if (word.IsEmpty || words.Count >= WordsMax)
            {
                continue;
            }

            if (!known.TryGetValue(word, out var number))
            {
                known[word] = number = numbers.Count;
            }

            Append(number);
        }

        Append(End);
    }

    /// <summary>The words stand in one of the texts, in this order, with nothing between them.</summary>
    public bool Has(string text)
    {
        var known = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        List<int> asked = [];
        foreach (var range in text.AsSpan().SplitAny(' ', '\n'))
        {
            var word = text.AsSpan()[range];
            if (word.IsEmpty)
            {
                continue;
            }

            if (!known.TryGetValue(word, out var number))
            {
                return false;
            }

            asked.Add(number);
        }

        return asked.Count < 2 || HasAll(asked);
    }

    private void Append(int number)
    {
        words.Add(number);
        before.Add(End);
        if (words.Count > 1 && number != End && words[^2] != End)
        {
            var place = words.Count - 2;
            before[place] = last.GetValueOrDefault((words[place], number), End);
            last[(words[place], number)] = place;
        }
    }

    private bool HasAll(List<int> asked)
    {
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(words);
        var wanted = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(asked);
        var place = last.GetValueOrDefault((asked[0], asked[1]), End);
        for (var tried = 0; place != End && tried < PlacesMax; tried++, place = before[place])
        {
            if (all[place..].StartsWith(wanted))
            {
                return true;
            }
        }

        return false;
    }
}
