using Dmp.Search.Index;

namespace Dmp.Search.Queries;

/// <summary>
/// How well a document answers, from itself alone: how often each term stands in it beside its length, as BM25 counts that
/// (Robertson and Zaragoza, 2009), and how near the terms are. How many documents have a word counts for nothing: it would tell of others.
/// </summary>
internal sealed class BlockScore(int terms)
{
    // Of BM25: how fast more of the same word stops to count, and how much the length counts.
    private const double Saturation = 1.2;
    private const double LengthShare = 0.75;

    // A structured document of the samples has some 400 words. Far longer ones, PDFs, must not vanish.
    private const double UsualWords = 400;
    private const double LengthMax = 8;

    // A word of the title counts as so many of the text.
    private const double TitleFactor = 3;

    // What of the score depends on how near the terms are.
    private const double NearShare = 0.3;

    // Positions that a snippet of the usual length has room for.
    private const int WindowPositions = 24;

    private readonly double[] sums = new double[terms];
    private readonly float[] best = new float[terms];
    private readonly int[] typed = new int[terms];
    private readonly int[] other = new int[terms];

    /// <summary>The score, and the stretch of positions that shows most of what was asked for.</summary>
    public (double Score, int First, int Last) Of(List<Occurrence> found, BlockReader block)
    {
        Array.Clear(sums);
        Array.Clear(best);
        foreach (var one in found)
        {
            sums[one.Term] += one.First < block.TitleEnd ? TitleFactor : 1;
            best[one.Term] = Math.Max(best[one.Term], one.Weight);
        }

        var length = 1 - LengthShare + (LengthShare * Math.Min(block.WordCount / UsualWords, LengthMax));
        var score = 0.0;
        for (var i = 0; i < terms; i++)
        {
            score += best[i] * sums[i] / (sums[i] + (Saturation * length));
        }

        var (value, first, last) = Window(found, block.TitleEnd);
        var near = terms == 1 ? 1 : value / terms * Math.Min(1, terms / (double)(last - first + 1));
        return (Math.Round(score / terms * (1 - NearShare + (NearShare * near)), 6), first, last);
    }

    /// <summary>
    /// The window with most terms, as typed where possible. Among equals the text comes before the title, then the narrowest.
    /// </summary>
    private (double Value, int First, int Last) Window(List<Occurrence> found, int titleEnd)
    {
        Array.Clear(typed);
        Array.Clear(other);
        var (value, bestValue, bestFirst, bestLast, end) = (0.0, -1.0, 0, 0, 0);
        for (var begin = 0; begin < found.Count; begin++)
        {
            while (end < found.Count && (end == begin || found[end].Last - found[begin].First < WindowPositions))
            {
                value += Change(found[end++], 1);
            }

            var (first, last) = (found[begin].First, LastOf(found, begin, end));
            var told = first < titleEnd ? value * 0.9 : value;
            if (told > bestValue + 1e-9 || (told > bestValue - 1e-9 && last - first < bestLast - bestFirst))
            {
                (bestValue, bestFirst, bestLast) = (told, first, last);
            }

            if (bestValue > terms - 1e-9 && bestLast - bestFirst < terms)
            {
                // All as typed and side by side: no window is better.
                break;
            }

            value += Change(found[begin], -1);
        }

        return (Math.Max(0, bestValue), bestFirst, bestLast);
    }

    // Occurrences are ordered by where they begin; phrases that end last are few words longer.
    private static int LastOf(List<Occurrence> found, int begin, int end)
    {
        var last = found[end - 1].Last;
        for (var i = Math.Max(begin, end - 4); i < end; i++)
        {
            last = Math.Max(last, found[i].Last);
        }

        return last;
    }

    /// <summary>Counts one place in or out; by how much the value of the window changes.</summary>
    private double Change(Occurrence one, int by)
    {
        var before = ValueOf(one.Term);
        (one.Weight >= 1 ? typed : other)[one.Term] += by;
        return ValueOf(one.Term) - before;
    }

    private double ValueOf(int term) => typed[term] > 0 ? 1 : other[term] > 0 ? 0.6 : 0;
}
