using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Dmp.Search.Index;

/// <summary>A block that is searched where it lies: nothing of it is unpacked before a snippet is wanted.</summary>
internal sealed class BlockReader
{
    private const int TitleBytesMax = DocumentIndex.TitleCharsMax * 3;

    private readonly ReadOnlyMemory<byte> body;
    private readonly int sectionCount;
    private readonly int pieceCount;
    private readonly int pageCount;
    private readonly int groupStart;
    private readonly int groupCount;
    private readonly int dictionaryStart;
    private readonly int dictionaryLength;
    private readonly int placesStart;
    private readonly int placesLength;

    /// <exception cref="DocumentIndexException">The bytes are no block, are damaged, or are of a later version.</exception>
    public BlockReader(ReadOnlyMemory<byte> block)
    {
        var bytes = block.Span;
        if (bytes.Length > DocumentIndex.BlockBytesMax)
        {
            throw new DocumentIndexException($"The block has more than {DocumentIndex.BlockBytesMax} bytes.");
        }

        if (bytes.Length < BlockFormat.HeaderBytes || bytes[0] != BlockFormat.FirstLetter || bytes[1] != BlockFormat.SecondLetter)
        {
            throw new DocumentIndexException("The bytes are no block of a document.");
        }

        if (bytes[2] != DocumentIndex.Version)
        {
            throw new DocumentIndexException($"The block is of version {bytes[2]} of the format, and {DocumentIndex.Version} is read.");
        }

        body = block[BlockFormat.HeaderBytes..];
        if (XxHash3.HashToUInt64(body.Span) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[BlockFormat.HashStart..]))
        {
            throw ByteCursor.Damaged();
        }

        var cursor = new ByteCursor(body.Span);
        WordCount = cursor.Number(DocumentIndex.WordsMax + BlockFormat.PieceChars);
        TitleEnd = cursor.Number();
        var stems = cursor.Number(body.Length);
        (sectionCount, pieceCount, pageCount) = (cursor.Number(body.Length), cursor.Number(body.Length), cursor.Number(body.Length));
        (dictionaryLength, placesLength) = (cursor.Number(body.Length), cursor.Number(body.Length));
        groupCount = (stems + BlockFormat.StemsPerGroup - 1) / BlockFormat.StemsPerGroup;
        groupStart = cursor.At;
        cursor.Take((int)Math.Min(groupCount * 4L, int.MaxValue));
        dictionaryStart = cursor.At;
        cursor.Take(dictionaryLength);
        placesStart = cursor.At;
        cursor.Take(placesLength);
    }

    /// <summary>Words of the document, parts only.</summary>
    public int WordCount { get; }

    /// <summary>Positions before this one are of the title.</summary>
    public int TitleEnd { get; }

    private ReadOnlySpan<byte> Dictionary => body.Span.Slice(dictionaryStart, dictionaryLength);

    /// <summary>The forms below a stem, with their positions; empty when the document has none.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> stem)
    {
        var (low, high) = (0, groupCount - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            var cursor = Group(middle);
            if (Stem(ref cursor, default).SequenceCompareTo(stem) <= 0)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return groupCount == 0 ? default : FindIn(low, stem);
    }

    /// <summary>Hands over each stem with its forms, in order.</summary>
    public void ForEach(StemAction action)
    {
        Span<byte> stem = stackalloc byte[BlockStem.BytesMax];
        for (var group = 0; group < groupCount; group++)
        {
            var cursor = Group(group);
            var length = 0;
            for (var i = 0; i < BlockFormat.StemsPerGroup && !cursor.IsAtEnd; i++)
            {
                length = BlockStem.Read(ref cursor, stem, length);
                action(stem[..length], cursor.Take(cursor.Number()));
            }
        }
    }

    /// <summary>The places of the words: sections, pieces and pages.</summary>
    public BlockPlaces Places()
    {
        var places = new BlockPlaces();
        var cursor = new ByteCursor(body.Span.Slice(placesStart, placesLength));
        for (var i = 0; i < sectionCount; i++)
        {
            var place = cursor.Number((int)HitPlace.Statement);
            var page = cursor.Number();
            var code = cursor.Text(TitleBytesMax);
            places.Sections.Add(new BlockSection(
                place > 0 ? (HitPlace)place : throw ByteCursor.Damaged(), code.Length > 0 ? code : null, cursor.Text(TitleBytesMax),
                page > 0 ? page : null));
        }

        if (sectionCount == 0 && pieceCount > 0)
        {
            throw ByteCursor.Damaged();
        }

        for (var i = 0; i < pieceCount; i++)
        {
            places.Pieces.Add(new BlockPiece(
                cursor.Number(sectionCount - 1), cursor.Number(BlockFormat.PieceChars), cursor.Number()));
        }

        var start = placesStart + placesLength;
        for (var i = 0; i < pageCount; i++)
        {
            var (chars, unpacked, packed) =
                (cursor.Number(BlockFormat.PageBytesMax), cursor.Number(BlockFormat.PageBytesMax), cursor.Number(body.Length - start));
            places.Pages.Add(new BlockPage(chars, unpacked, start, packed));
            start += packed;
        }

        return places;
    }

    /// <summary>The text of a page, unpacked into no more than it may be.</summary>
    public string Text(BlockPage page)
    {
        var raw = new byte[page.Bytes];
        if (!BrotliDecoder.TryDecompress(body.Span.Slice(page.Start, page.Packed), raw, out var length) || length != raw.Length)
        {
            throw ByteCursor.Damaged();
        }

        var text = Encoding.UTF8.GetString(raw);
        return text.Length == page.Chars ? text : throw ByteCursor.Damaged();
    }

    /// <summary>Goes through all that a search may read.</summary>
    public void ReadAll()
    {
        var positions = new List<int>();
        ForEach((stem, forms) =>
        {
            var reader = new FormReader(stem, forms);
            while (reader.Next())
            {
                positions.Clear();
                reader.Positions(positions, int.MaxValue);
            }
        });
        foreach (var page in Places().Pages)
        {
            Text(page);
        }
    }

    private ReadOnlySpan<byte> FindIn(int group, ReadOnlySpan<byte> wanted)
    {
        Span<byte> stem = stackalloc byte[BlockStem.BytesMax];
        var cursor = Group(group);
        var length = 0;
        for (var i = 0; i < BlockFormat.StemsPerGroup && !cursor.IsAtEnd; i++)
        {
            length = BlockStem.Read(ref cursor, stem, length);
            var forms = cursor.Take(cursor.Number());
            var order = stem[..length].SequenceCompareTo(wanted);
            if (order >= 0)
            {
                return order == 0 ? forms : default;
            }
        }

        return default;
    }

    private ByteCursor Group(int group)
    {
        var start = BinaryPrimitives.ReadInt32LittleEndian(body.Span.Slice(groupStart + (group * 4), 4));
        return start >= 0 && start < dictionaryLength ? new ByteCursor(Dictionary[start..]) : throw ByteCursor.Damaged();
    }

    private static ReadOnlySpan<byte> Stem(ref ByteCursor cursor, ReadOnlySpan<byte> before) =>
        cursor.Number(before.Length) == 0 ? cursor.Take(cursor.Number(BlockStem.BytesMax)) : throw ByteCursor.Damaged();
}

/// <summary>What is done with a stem and the bytes of its forms.</summary>
internal delegate void StemAction(ReadOnlySpan<byte> stem, ReadOnlySpan<byte> forms);
