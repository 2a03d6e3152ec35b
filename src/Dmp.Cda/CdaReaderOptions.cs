namespace Dmp.Cda;

/// <summary>How far a document is read, and the limits that keep any input cheap.</summary>
public sealed record CdaReaderOptions
{
    /// <summary>
    /// False, the default: reading ends where the body begins. True: the whole document is read, so that one that is cut off or
    /// broken anywhere is refused; memory stays the same, time grows with the size.
    /// </summary>
    public bool ReadWhole { get; init; }

    /// <summary>
    /// Called with each file that the document carries, piece by piece and one file after the other; the whole document is read then.
    /// </summary>
    public Func<CdaFilePart, CancellationToken, ValueTask>? Files { get; init; }

    /// <summary>
    /// The clock that wrote times without an offset; each such time is then told. Null, the default: they are taken as UTC, and
    /// <see cref="CdaTime.HasOffset"/> is all that tells.
    /// </summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>Most bytes before the body, and before the document inside of a stylesheet. Published samples need 60 KB.</summary>
    public long HeaderBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Most bytes of a document.</summary>
    public long DocumentBytesMax { get; init; } = 512L * 1024 * 1024;

    /// <summary>Most bytes of one tag, comment, CDATA section, processing instruction or run of blanks in the header.</summary>
    public int MarkupBytesMax { get; init; } = 256 * 1024;

    /// <summary>The same in the body, where an embedded file may be a CDATA section.</summary>
    public int BodyMarkupBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Most characters of one value in the header. Of a longer text the first ones are kept, of a longer attribute none.</summary>
    public int ValueCharsMax { get; init; } = 4096;

    /// <summary>Deepest nesting. Headers go to 12, structured bodies to about 40.</summary>
    public int DepthMax { get; init; } = 256;

    /// <summary>Most attributes of one element.</summary>
    public int AttributesMax { get; init; } = 256;

    /// <summary>Most different names in a document.</summary>
    public int NamesMax { get; init; } = 20_000;

    /// <summary>
    /// Most tags, texts and processing instructions before the body. Published samples need 5,000, stylesheets around them more.
    /// </summary>
    public int HeaderNodesMax { get; init; } = 200_000;

    /// <summary>Most elements in one part of the header, such as an author.</summary>
    public int PartElementsMax { get; init; } = 5_000;

    /// <summary>Most parts of one kind, such as authors.</summary>
    public int PartsMax { get; init; } = 200;

    /// <summary>Most defects told; the rest is counted by none.</summary>
    public int FaultsMax { get; init; } = 50;

    /// <summary>Longest time, waiting for the bytes included.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The clock behind <see cref="TimeMax"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal bool ReadsWhole => ReadWhole || Files is not null;
}
