using Dmp.Search.Index;
using Dmp.Search.Words;

namespace Dmp.Search.Queries;

/// <summary>Cuts the text around the best place of a document, at words, and marks what was looked for.</summary>
internal sealed class SnippetWriter(SearchQuery query, int charsMax)
{
    private const char Ellipsis = '…';

    private readonly WordReader reader = new();
    private readonly List<Word> words = [];

    /// <summary>The snippet around a stretch of positions; <paramref name="found"/> tells what to mark.</summary>
    public (BlockSection Section, string Snippet, IReadOnlyList<TextMark> Marks) Write(
        BlockReader block, List<Occurrence> found, int first, int last)
    {
        var places = block.Places();
        var at = places.PieceAt(first);
        var section = places.Sections[places.Pieces[at].Section];
        var text = Around(block, places, at);
        var (from, to) = Range(first, last, text.Length);
        (from, to) = Widen(text, from, to);
        to = from + text.AsSpan(from, to - from).TrimEnd(" \n").Length;
        var snippet = Line(text[from..to]);
        var isCutBefore = from > 0 && text[..from].AsSpan().ContainsAnyExcept(' ', '\n');
        var isCutAfter = to < text.Length && text.AsSpan(to).ContainsAnyExcept(' ', '\n');
        var shown = $"{(isCutBefore ? Ellipsis.ToString() : "")}{snippet}{(isCutAfter ? Ellipsis.ToString() : "")}";
        return (section, shown, Marks(found, from, to, isCutBefore ? 1 : 0));
    }

    /// <summary>The piece and its neighbours of the same section on the same page, and their words.</summary>
    private string Around(BlockReader block, BlockPlaces places, int at)
    {
        var (page, begin) = PageOf(places, at);
        var text = block.Text(places.Pages[page]);
        var (from, start) = (at, begin);
        var stop = begin + places.Pieces[at].Chars;
        if (from > 0 && begin > 0 && places.Pieces[at - 1].Section == places.Pieces[at].Section && !IsTitle(places, at - 1))
        {
            from--;
            start = begin - places.Pieces[from].Chars;
        }

        var to = at + 1;
        if (to < places.Pieces.Count && places.Pieces[to].Section == places.Pieces[at].Section
            && stop + places.Pieces[to].Chars <= text.Length)
        {
            stop += places.Pieces[to++].Chars;
        }

        if (start < 0 || stop > text.Length)
        {
            throw ByteCursor.Damaged();
        }

        words.Clear();
        var parts = new System.Text.StringBuilder();
        for (; from < to; from++)
        {
            var piece = text.Substring(start, places.Pieces[from].Chars);
            start += piece.Length;
            ReadPiece(piece, places.Pieces[from].Position, parts.Length);
            parts.Append(piece);
        }

        return parts.ToString();
    }

    /// <summary>The title of a section is told beside the snippet, and comes into it where it was found itself.</summary>
    private static bool IsTitle(BlockPlaces places, int at) =>
        (at == 0 || places.Pieces[at - 1].Section != places.Pieces[at].Section)
        && places.Sections[places.Pieces[at].Section].Title.Length > 0;

    private void ReadPiece(string piece, int position, int offset)
    {
        var before = words.Count;
        reader.Read(piece, position, words);
        for (var i = before; i < words.Count; i++)
        {
            words[i] = words[i] with { Start = words[i].Start + offset };
        }
    }

    private static (int Page, int Begin) PageOf(BlockPlaces places, int piece)
    {
        var (page, begin) = (0, 0);
        for (var i = 0; i < piece; i++)
        {
            begin += places.Pieces[i].Chars;
            while (page < places.Pages.Count && begin >= places.Pages[page].Chars)
            {
                begin -= places.Pages[page++].Chars;
            }
        }

        return page < places.Pages.Count ? (page, begin) : throw ByteCursor.Damaged();
    }

    /// <summary>The characters of the words from one position to another; of what does not fit, the beginning.</summary>
    private (int From, int To) Range(int first, int last, int length)
    {
        var (from, to) = (length, 0);
        foreach (var word in words)
        {
            if (word.Position >= first && word.Position <= last && (from == length || word.Start + word.Length - from <= charsMax))
            {
                (from, to) = (Math.Min(from, word.Start), Math.Max(to, word.Start + word.Length));
            }
        }

        return from < to ? (from, Math.Min(to, from + charsMax)) : (0, Math.Min(length, charsMax));
    }

    /// <summary>Takes in as much on both sides as there is room for, up to whole words.</summary>
    private (int From, int To) Widen(string text, int from, int to)
    {
        var room = Math.Max(0, charsMax - (to - from));
        var begin = Math.Max(0, from - (room / 3));
        var end = Math.Min(text.Length, to + room - (from - begin));
        begin = Math.Max(0, Math.Min(begin, from - (room - (end - to))));
        if (begin > 0 && begin < from)
        {
            var blank = text.AsSpan(begin, from - begin).IndexOfAny(' ', '\n');
            begin = blank < 0 ? from : begin + blank + 1;
        }

        if (end < text.Length && end > to)
        {
            var blank = text.AsSpan(to, end - to).LastIndexOfAny(' ', '\n');
            end = blank < 0 ? to : to + blank;
        }

        // A match may be longer than the snippet, and without a blank.
        begin += begin > 0 && char.IsLowSurrogate(text[begin]) ? 1 : 0;
        end -= end < text.Length && end > begin && char.IsLowSurrogate(text[end]) ? 1 : 0;
        return (begin, end);
    }

    private static string Line(string text) => string.Create(text.Length, text, static (line, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            line[i] = char.IsWhiteSpace(from[i]) || char.IsControl(from[i]) ? ' ' : from[i];
        }
    });

    private List<TextMark> Marks(List<Occurrence> found, int from, int to, int offset)
    {
        List<TextMark> marks = [];
        var (first, last) = words.Count == 0 ? (0, -1) : (words[0].Position, words.Max(word => word.Position));
        var near = found.FindAll(one => one.Last >= first && one.First <= last);
        foreach (var word in words.Where(word => word.Start >= from && word.Start < to).OrderBy(word => word.Start))
        {
            if (!IsFound(near, word.Position) || !query.IsLookedFor(word.Form))
            {
                continue;
            }

            var (start, end) = (word.Start - from + offset, Math.Min(word.Start + word.Length, to) - from + offset);
            if (marks is [.., var before] && start <= before.Start + before.Length)
            {
                marks[^1] = before with { Length = Math.Max(before.Start + before.Length, end) - before.Start };
            }
            else
            {
                marks.Add(new TextMark(start, end - start));
            }
        }

        return marks;
    }

    private static bool IsFound(List<Occurrence> found, int position) =>
        found.Exists(one => one.First <= position && position <= one.Last);
}
