using Dmp.Facts.Model;

namespace Dmp.Facts;

/// <summary>What was read of a document, and what was not.</summary>
/// <param name="Facts">Of all kinds, in the order of the document.</param>
/// <param name="Unread">Counted by section and reason, in the order of the document.</param>
/// <param name="Failure">Why reading ended before the end of the document; null when it did not. What came before stands.</param>
public sealed record FactReading(IReadOnlyList<Fact> Facts, IReadOnlyList<Unread> Unread, string? Failure)
{
    /// <summary>Those of one kind, in the order of the document.</summary>
    public IReadOnlyList<T> Of<T>()
        where T : Fact => [.. Facts.OfType<T>()];
}

/// <summary>How much is read of one document, whatever it holds.</summary>
public sealed record FactLimits
{
    /// <summary>Most facts of a document, of all kinds together.</summary>
    public int FactsMax { get; init; } = 5_000;

    /// <summary>Most elements of one entry.</summary>
    public int EntryElementsMax { get; init; } = 20_000;

    /// <summary>Most characters of one entry, in its texts and attributes.</summary>
    public long EntryCharsMax { get; init; } = 4_000_000;

    /// <summary>Most characters of all entries whose facts are kept.</summary>
    public long KeptCharsMax { get; init; } = 32_000_000;

    /// <summary>Longest time for one document.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most characters of the narrative that are kept for the entries that point to it.</summary>
    public int NarrativeCharsMax { get; init; } = 1_000_000;

    /// <summary>Most characters of one text.</summary>
    public int TextCharsMax { get; init; } = 4_000;

    /// <summary>Most sections, and kinds of entries not read, that are told one by one.</summary>
    public int SectionsMax { get; init; } = 1_000;
}
