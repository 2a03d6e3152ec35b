using Dmp.Facts;

namespace Dmp.Fhir;

/// <summary>The limits that keep any input cheap.</summary>
public sealed record FhirReaderOptions
{
    /// <summary>Most bytes of a document. All of them are in memory while it is read. Published samples have up to 260 KB.</summary>
    public int DocumentBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most entries of a bundle; those behind are passed over and counted.</summary>
    public int EntriesMax { get; init; } = 20_000;

    /// <summary>Most elements that are kept of all entries; an entry that would need more is passed over and counted.</summary>
    public int ElementsMax { get; init; } = 500_000;

    /// <summary>
    /// Most elements of one entry; a larger one is passed over and counted. The first one, which is the composition, may have as many as
    /// all.
    /// </summary>
    public int EntryElementsMax { get; init; } = 20_000;

    /// <summary>Most characters that are kept of all values.</summary>
    public long KeptCharsMax { get; init; } = 32_000_000;

    /// <summary>Most characters of one value; a longer one is left out, told and counted.</summary>
    public int ValueCharsMax { get; init; } = 64 * 1024;

    /// <summary>The same for narratives, where only they are wanted; null when it is the same.</summary>
    internal int? NarrativeCharsMax { get; init; }

    /// <summary>Deepest nesting, of JSON objects and arrays or of XML elements. Published samples go to 12.</summary>
    public int DepthMax { get; init; } = 100;

    /// <summary>Most different names of elements.</summary>
    public int NamesMax { get; init; } = 20_000;

    /// <summary>Most faults told; the rest is counted by none.</summary>
    public int FaultsMax { get; init; } = 50;

    /// <summary>Longest time for one document, behind its last byte.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock behind <see cref="TimeMax"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How many facts are read, how many characters of a text, how many sections are told: as of CDA documents.</summary>
    public FactLimits Facts { get; init; } = new();
}
