using System.Text;
using Dmp.Search.Words;

namespace Dmp.Search.Queries;

/// <summary>Which forms of a word are meant.</summary>
internal enum MatchKind
{
    Exact,
    Stem,
    Prefix,
}

/// <summary>One word of a question, as it is looked for.</summary>
internal sealed class Matcher(MatchKind kind, string form)
{
    public MatchKind Kind => kind;

    public string Form => form;

    public string Stem { get; } = FrenchStem.Of(form);

    public byte[] FormBytes { get; } = Encoding.UTF8.GetBytes(form);

    public byte[] StemBytes { get; } = Encoding.UTF8.GetBytes(FrenchStem.Of(form));
}

/// <summary>One way in which a term of a question may be met: a word, or words that follow one another.</summary>
/// <param name="Words">In order.</param>
/// <param name="GapMax">Positions from one word to the next at most; 1 is side by side.</param>
/// <param name="Weight">What it counts beside the word as typed, which counts 1.</param>
internal sealed record Alternative(IReadOnlyList<Matcher> Words, int GapMax, float Weight);

/// <summary>What must be met, in one of several ways, or what must not be there.</summary>
internal sealed class Term
{
    private const int AlternativesMax = 24;

    private readonly List<Alternative> alternatives = [];

    public IReadOnlyList<Alternative> Alternatives => alternatives;

    public void Add(Alternative alternative)
    {
        if (alternatives.Count < AlternativesMax)
        {
            alternatives.Add(alternative);
        }
    }
}
