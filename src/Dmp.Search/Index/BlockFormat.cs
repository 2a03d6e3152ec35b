namespace Dmp.Search.Index;

/// <summary>
/// How a block lies in bytes. First come the two letters DI, a byte for the version and eight for XXH3 of the rest, then, in numbers of
/// seven bits a byte:
/// <list type="number">
/// <item>words, end of the title (a position), stems, sections, pieces, pages, bytes of the dictionary and of the table of places;</item>
/// <item>for each sixteen stems, four bytes: where they begin in the dictionary;</item>
/// <item>the dictionary: stems in the order of their bytes, each sharing a beginning with the one before; below each its forms, with the
/// positions of each;</item>
/// <item>the table of places: sections (kind, page, code, title), pieces of text (section, characters, positions), pages of text
/// (characters, bytes, packed bytes);</item>
/// <item>the text in pages of a few thousand characters, each packed by Brotli, so that a snippet unpacks one.</item>
/// </list>
/// </summary>
internal static class BlockFormat
{
    public const byte FirstLetter = (byte)'D';
    public const byte SecondLetter = (byte)'I';
    public const int HashStart = 3;
    public const int HeaderBytes = 11;

    /// <summary>Stems between two places where the dictionary is entered.</summary>
    public const int StemsPerGroup = 16;

    /// <summary>Characters of a piece: the text around a hit that is read again for its snippet.</summary>
    public const int PieceChars = 512;

    /// <summary>Characters after which a page ends.</summary>
    public const int PageChars = 8 * 1024;

    /// <summary>Most bytes of a page, unpacked: those of its characters, and those of one piece more.</summary>
    public const int PageBytesMax = (PageChars + PieceChars) * 3;

    /// <summary>Positions between two sections, so that no phrase goes from one into the next.</summary>
    public const int SectionGap = 8;
}
