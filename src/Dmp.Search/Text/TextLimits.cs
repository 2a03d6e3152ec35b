namespace Dmp.Search.Text;

/// <summary>How much is read of one document, whatever it holds. What lies beyond a bound is counted and told.</summary>
public sealed record TextLimits
{
    /// <summary>
    /// Most bytes of a file that is taken into memory: a PDF, an RTF, a text, one of those inside of a document, or a FHIR
    /// document.
    /// </summary>
    public int FileBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most characters (UTF-16) of all sections together. A PDF of 1,000 full pages has 3.2 million.</summary>
    public int CharsMax { get; init; } = 4_000_000;

    /// <summary>Most characters (UTF-16) of one section title.</summary>
    public int TitleCharsMax { get; init; } = 500;

    /// <summary>Most sections, where each page of a PDF is one.</summary>
    public int SectionsMax { get; init; } = 5_000;

    /// <summary>Most pages of one PDF.</summary>
    public int PagesMax { get; init; } = 2_000;

    /// <summary>Most bytes that one packed stream of a PDF may unpack to. The worst that was found takes 30 times as much memory.</summary>
    public int StreamBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most bytes that all packed streams of a PDF may unpack to, counted each time one is unpacked.</summary>
    public long UnpackedBytesMax { get; init; } = 512L * 1024 * 1024;

    /// <summary>Most files inside of one CDA or FHIR document that are read.</summary>
    public int FilesMax { get; init; } = 50;

    /// <summary>Deepest nesting of groups in an RTF. Word processors stay below 30.</summary>
    public int GroupsMax { get; init; } = 200;

    /// <summary>Longest time for one document. It is looked at between pages, glyphs, streams, nodes and control words.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock behind <see cref="TimeMax"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
