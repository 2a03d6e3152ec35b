using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Dmp.Search.Text;
using Dmp.Search.Words;

namespace Dmp.Search.Index;

/// <summary>Gathers the words of a document and writes its block.</summary>
internal sealed class BlockWriter
{
    private const int BrotliQuality = 5;
    private const int BrotliWindow = 18;

    private readonly WordReader reader = new();
    private readonly List<Word> words = [];
    private readonly Dictionary<string, List<int>> places = new(StringComparer.Ordinal);
    private readonly Bytes sections = new();
    private readonly Bytes pieces = new();
    private readonly Bytes pages = new();
    private readonly Bytes text = new();
    private readonly StringBuilder page = new();
    private int sectionCount;
    private int pieceCount;
    private int pageCount;
    private int position;
    private int wordCount;
    private int titleEnd;

    public void Add(HitPlace place, string title, string? code, int? number, string content)
    {
        if (title.Length == 0 && content.Length == 0)
        {
            return;
        }

        title = Letters.Cut(title, DocumentIndex.TitleCharsMax);
        sections.Add((int)place);
        sections.Add(number ?? 0);
        sections.Add(code is { Length: <= DocumentIndex.TitleCharsMax } ? code : "");
        sections.Add(title);
        sectionCount++;
        AddPieces(title.Length > 0 ? $"{title}\n" : "");
        AddPieces(content);
        position += BlockFormat.SectionGap;
        titleEnd = place == HitPlace.Title ? position : titleEnd;
    }

    public byte[] Write()
    {
        EndPage();
        var dictionary = new Bytes();
        var groups = new List<int>();
        var stems = WriteDictionary(dictionary, groups);
        var body = new Bytes();
        var placesLength = sections.Length + pieces.Length + pages.Length;
        foreach (var number in (int[])
            [wordCount, titleEnd, stems, sectionCount, pieceCount, pageCount, dictionary.Length, placesLength])
        {
            body.Add(number);
        }

        foreach (var group in groups)
        {
            body.AddFixed(group);
        }

        body.Add(dictionary.Span);
        body.Add(sections.Span);
        body.Add(pieces.Span);
        body.Add(pages.Span);
        body.Add(text.Span);
        var block = new byte[BlockFormat.HeaderBytes + body.Length];
        (block[0], block[1], block[2]) = (BlockFormat.FirstLetter, BlockFormat.SecondLetter, DocumentIndex.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(BlockFormat.HashStart), XxHash3.HashToUInt64(body.Span));
        body.Span.CopyTo(block.AsSpan(BlockFormat.HeaderBytes));
        return block;
    }

    private void AddPieces(string content)
    {
        for (var start = 0; start < content.Length && wordCount < DocumentIndex.WordsMax;)
        {
            var end = EndOfPiece(content, start);
            AddPiece(content[start..end]);
            start = end;
        }
    }

    /// <summary>
    /// Where a piece ends: behind a blank that joins nothing, or behind a whole character where there is none in its second half.
    /// </summary>
    private static int EndOfPiece(string content, int start)
    {
        var max = Math.Min(content.Length, start + BlockFormat.PieceChars);
        if (max == content.Length)
        {
            return max;
        }

        for (var to = max; to > start + (BlockFormat.PieceChars / 2);)
        {
            var end = content.AsSpan(start, to - start).LastIndexOfAny('\n', ' ') + start + 1;
            if (end > start + (BlockFormat.PieceChars / 2) && !IsJoined(content, end))
            {
                return end;
            }

            to = end - 1;
        }

        return char.IsHighSurrogate(content[max - 1]) ? max - 1 : max;
    }

    /// <summary>
    /// The blank before this place stands within a word divided at the end of a line, or within a number: they are read whole.
    /// </summary>
    private static bool IsJoined(string content, int end) =>
        (content[end - 1] == '\n' && content.AsSpan(0, end - 1).TrimEnd(" \r") is [.., '-'])
        || (end >= 2 && char.IsDigit(content[end - 2]) && char.IsDigit(content[end]));

    private void AddPiece(string piece)
    {
        words.Clear();
        var next = reader.Read(piece, position, words);
        CapitalWords.Add(piece, words);
        foreach (var word in words)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(places, word.Form, out _);
            (list ??= []).Add(word.Position);
        }

        wordCount += next - position;
        pieces.Add(sectionCount - 1);
        pieces.Add(piece.Length);
        pieces.Add(position);
        pieceCount++;
        position = next;
        page.Append(piece);
        if (page.Length >= BlockFormat.PageChars)
        {
            EndPage();
        }
    }

    private void EndPage()
    {
        if (page.Length == 0)
        {
            return;
        }

        // Half a character, which no text should hold, becomes a mark: what is read again has as many characters.
        var raw = Encoding.UTF8.GetBytes(page.ToString());
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(raw.Length)];
        if (!BrotliEncoder.TryCompress(raw, packed, out var length, BrotliQuality, BrotliWindow))
        {
            throw new InvalidOperationException("A page of text could not be packed into the room that packing promises.");
        }

        pages.Add(page.Length);
        pages.Add(raw.Length);
        pages.Add(length);
        pageCount++;
        text.Add(packed.AsSpan(0, length));
        page.Clear();
    }

    private int WriteDictionary(Bytes dictionary, List<int> groups)
    {
        var forms = new FormPlaces[places.Count];
        var next = 0;
        foreach (var (form, positions) in places)
        {
            forms[next++] = new FormPlaces(FrenchStem.Of(form), form, positions);
        }

        Array.Sort(forms);
        Span<byte> stem = stackalloc byte[BlockStem.BytesMax];
        Span<byte> before = stackalloc byte[BlockStem.BytesMax];
        var (count, beforeLength, entry) = (0, 0, new Bytes());
        for (var begin = 0; begin < forms.Length;)
        {
            var end = begin + 1;
            while (end < forms.Length && forms[end].Stem == forms[begin].Stem)
            {
                end++;
            }

            if (count++ % BlockFormat.StemsPerGroup == 0)
            {
                groups.Add(dictionary.Length);
                beforeLength = 0;
            }

            var length = Encoding.UTF8.GetBytes(forms[begin].Stem, stem);
            AddShared(dictionary, before[..beforeLength], stem[..length]);
            entry.Clear();
            AddForms(entry, stem[..length], forms.AsSpan(begin, end - begin));
            dictionary.Add(entry.Length);
            dictionary.Add(entry.Span);
            stem[..length].CopyTo(before);
            (beforeLength, begin) = (length, end);
        }

        return count;
    }

    private static void AddForms(Bytes into, ReadOnlySpan<byte> stem, ReadOnlySpan<FormPlaces> forms)
    {
        Span<byte> bytes = stackalloc byte[BlockStem.BytesMax];
        into.Add(forms.Length);
        foreach (var form in forms)
        {
            AddShared(into, stem, bytes[..Encoding.UTF8.GetBytes(form.Form, bytes)]);
            AddPositions(into, form.Positions);
        }
    }

    private static void AddShared(Bytes into, ReadOnlySpan<byte> before, ReadOnlySpan<byte> value)
    {
        var shared = before.CommonPrefixLength(value);
        into.Add(shared);
        into.Add(value.Length - shared);
        into.Add(value[shared..]);
    }

    private static void AddPositions(Bytes into, List<int> positions)
    {
        into.Add(positions.Count);
        var before = 0;
        foreach (var position in positions)
        {
            into.Add(position - before);
            before = position;
        }
    }
}
