namespace Dmp.Search.Index;

/// <summary>Where the words of a block stand.</summary>
internal sealed class BlockPlaces
{
    public List<BlockSection> Sections { get; } = [];

    public List<BlockPiece> Pieces { get; } = [];

    public List<BlockPage> Pages { get; } = [];

    /// <summary>The piece that holds a position: the last one that begins at it or before.</summary>
    public int PieceAt(int position)
    {
        var (low, high) = (0, Pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Pieces[middle].Position <= position ? (middle, high) : (low, middle - 1);
        }

        return high >= 0 ? low : throw ByteCursor.Damaged();
    }
}

/// <summary>A section as it is told with a hit.</summary>
internal sealed record BlockSection(HitPlace Place, string? Code, string Title, int? Page);

/// <summary>A stretch of text of one section, and the position of its first word.</summary>
internal readonly record struct BlockPiece(int Section, int Chars, int Position);

/// <summary>A stretch of pieces that is packed on its own.</summary>
internal readonly record struct BlockPage(int Chars, int Bytes, int Start, int Packed);
