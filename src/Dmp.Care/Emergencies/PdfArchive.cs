using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Makes PDF/A of what PDFsharp writes. It leaves out which glyphs a font in the file has (CIDSet), without which no validator takes the
/// file: they are appended as an update. And it makes up identifiers at random: they are computed of the content instead, so that the same
/// page is the same file.
/// </summary>
internal static partial class PdfArchive
{
    private const int EntryLength = 20;

    /// <summary>The finished file.</summary>
    /// <exception cref="InvalidDataException">It is not written as expected: PDFsharp changed.</exception>
    public static byte[] Finish(byte[] written)
    {
        // One byte, one character: offsets in both are the same.
        var text = Encoding.Latin1.GetString(written);
        var (table, offsets) = ReadTable(text);
        var named = Rename(text, offsets, table);
        return AppendGlyphs(named, offsets, table);
    }

    private static (int Table, IReadOnlyList<int> Offsets) ReadTable(string text)
    {
        var start = StartOfTable().Matches(text).LastOrDefault() ?? throw Unexpected("startxref");
        var table = int.Parse(start.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var head = HeadOfTable().Match(text, table);
        if (!head.Success || head.Index != table)
        {
            throw Unexpected("xref");
        }

        var count = int.Parse(head.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var first = head.Index + head.Length;
        return (table, [.. Enumerable.Range(0, count).Select(number =>
            int.Parse(text.AsSpan(first + (EntryLength * number), 10), CultureInfo.InvariantCulture))]);
    }

    /// <summary>The dictionary of an object, without its stream.</summary>
    private static (int Start, string Text) ObjectOf(string text, IReadOnlyList<int> offsets, int number)
    {
        var start = offsets[number];
        var end = EndOfDictionary().Match(text, start);
        return end.Success ? (start, text[start..end.Index]) : throw Unexpected($"object {number}");
    }

    /// <summary>Names of fonts get letters in their order, the document and its trailer a hash of what it says.</summary>
    private static string Rename(string text, IReadOnlyList<int> offsets, int table)
    {
        StringBuilder named = new(text);
        Dictionary<string, string> fonts = new(StringComparer.Ordinal);
        for (var number = 1; number < offsets.Count; number++)
        {
            var (start, dictionary) = ObjectOf(text, offsets, number);
            foreach (Match match in FontName().Matches(dictionary))
            {
                var letters = match.Groups[1].Value;
                if (!fonts.TryGetValue(letters, out var name))
                {
                    fonts[letters] = name = $"PAGEA{(char)('A' + fonts.Count)}";
                }

                Replace(named, start + match.Groups[1].Index, name);
            }
        }

        var metadata = Enumerable.Range(1, offsets.Count - 1)
            .Where(number => ObjectOf(text, offsets, number).Text.Contains("/Type/Metadata", StringComparison.Ordinal))
            .Select(number => offsets[number])
            .DefaultIfEmpty(-1)
            .First();
        var identifiers = metadata < 0 ? [] : Identifier().Matches(text[..table], metadata).Take(2).ToList();
        var trailer = TrailerIds().Match(text, table);
        if (identifiers.Count != 2 || !trailer.Success)
        {
            throw Unexpected("identifiers");
        }

        foreach (var place in identifiers.Select(match => match.Groups[1].Index)
            .Concat([trailer.Groups[1].Index, trailer.Groups[2].Index]))
        {
            Replace(named, place, new string('0', place < table ? 36 : 32));
        }

        var hash = SHA256.HashData(Encoding.Latin1.GetBytes(named.ToString()));
        Replace(named, identifiers[0].Groups[1].Index, new Guid(hash.AsSpan(0, 16)).ToString());
        Replace(named, identifiers[1].Groups[1].Index, new Guid(hash.AsSpan(16, 16)).ToString());
        Replace(named, trailer.Groups[1].Index, Convert.ToHexString(hash.AsSpan(0, 16)));
        Replace(named, trailer.Groups[2].Index, Convert.ToHexString(hash.AsSpan(0, 16)));
        return named.ToString();
    }

    private static byte[] AppendGlyphs(string text, IReadOnlyList<int> offsets, int table)
    {
        var dictionaries = Enumerable.Range(0, offsets.Count)
            .Select(number => number == 0 ? "" : ObjectOf(text, offsets, number).Text)
            .ToList();
        StringBuilder update = new();
        List<(int Number, int Offset)> entries = [];
        var next = offsets.Count;
        foreach (var (descriptor, number) in dictionaries.Select((dictionary, number) => (dictionary, number)))
        {
            if (!descriptor.Contains("/Type/FontDescriptor", StringComparison.Ordinal))
            {
                continue;
            }

            var file = FontFile().Match(descriptor);
            var font = dictionaries.Find(one => one.Contains("/CIDFontType2", StringComparison.Ordinal)
                && one.Contains($"/FontDescriptor {number} 0 R", StringComparison.Ordinal));
            if (!file.Success || font is null)
            {
                throw Unexpected($"font {number}");
            }

            var bytes = Inflate(text, offsets, int.Parse(file.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
            var glyphs = Bits(GlyphsOf(bytes).Concat(UsedBy(font)).Append(0));
            entries.Add((next, text.Length + update.Length));
            update.Append(CultureInfo.InvariantCulture, $"{next} 0 obj\n<</Length {glyphs.Length}>>\nstream\n")
                .Append(Encoding.Latin1.GetString(glyphs))
                .Append("\nendstream\nendobj\n");
            entries.Add((number, text.Length + update.Length));
            var end = descriptor.LastIndexOf(">>", StringComparison.Ordinal);
            update.Append(descriptor, 0, end).Append(CultureInfo.InvariantCulture, $"/CIDSet {next} 0 R>>\nendobj\n");
            next++;
        }

        var start = text.Length + update.Length;
        update.Append("xref\n");
        foreach (var (number, offset) in entries.OrderBy(entry => entry.Number))
        {
            update.Append(CultureInfo.InvariantCulture, $"{number} 1\n{offset:0000000000} 00000 n \n");
        }

        var trailer = Trailer().Match(text, table);
        update.Append("trailer\n<<").Append(SizeOf().Replace(trailer.Groups[1].Value, ""))
            .Append(CultureInfo.InvariantCulture, $"/Size {next}/Prev {table}>>\nstartxref\n{start}\n%%EOF\n");
        return trailer.Success && entries.Count > 0 ? Encoding.Latin1.GetBytes(text + update) : throw Unexpected("trailer");
    }

    /// <summary>Glyphs that have an outline in the font of the file (tables head, maxp, loca).</summary>
    private static List<int> GlyphsOf(byte[] font)
    {
        var isLong = BinaryPrimitives.ReadInt16BigEndian(font.AsSpan(TrueTypeTable.Find(font, "head") + 50)) != 0;
        var count = BinaryPrimitives.ReadUInt16BigEndian(font.AsSpan(TrueTypeTable.Find(font, "maxp") + 4));
        var places = TrueTypeTable.Find(font, "loca");
        return [.. Enumerable.Range(0, count).Where(glyph => PlaceOf(glyph) < PlaceOf(glyph + 1))];

        int PlaceOf(int glyph) => isLong
            ? BinaryPrimitives.ReadInt32BigEndian(font.AsSpan(places + (4 * glyph)))
            : 2 * BinaryPrimitives.ReadUInt16BigEndian(font.AsSpan(places + (2 * glyph)));
    }

    /// <summary>Glyphs that the page uses: a blank has no outline.</summary>
    private static IEnumerable<int> UsedBy(string font) => Width().Matches(font[font.IndexOf("/W[", StringComparison.Ordinal)..])
        .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    private static byte[] Bits(IEnumerable<int> glyphs)
    {
        var all = glyphs.ToHashSet();
        var bits = new byte[(all.Max() / 8) + 1];
        foreach (var glyph in all)
        {
            bits[glyph / 8] |= (byte)(0x80 >> (glyph % 8));
        }

        return bits;
    }

    private static byte[] Inflate(string text, IReadOnlyList<int> offsets, int number)
    {
        var (start, dictionary) = ObjectOf(text, offsets, number);
        var length = StreamLength().Match(dictionary);
        var begin = text.IndexOf("stream", start + dictionary.Length, StringComparison.Ordinal) + "stream".Length;
        begin += text[begin] == '\r' ? 2 : 1;
        if (!length.Success || !dictionary.Contains("/Filter/FlateDecode", StringComparison.Ordinal))
        {
            throw Unexpected($"stream {number}");
        }

        var packed = Encoding.Latin1.GetBytes(
            text.Substring(begin, int.Parse(length.Groups[1].ValueSpan, CultureInfo.InvariantCulture)));
        using ZLibStream stream = new(new MemoryStream(packed), CompressionMode.Decompress);
        using MemoryStream plain = new();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private static void Replace(StringBuilder text, int place, string by)
    {
        for (var i = 0; i < by.Length; i++)
        {
            text[place + i] = by[i];
        }
    }

    private static InvalidDataException Unexpected(string what) => new($"The PDF is not written as expected: {what}.");

    [GeneratedRegex(@"startxref\s+(\d+)\s+%%EOF")]
    private static partial Regex StartOfTable();

    [GeneratedRegex(@"xref\n0 (\d+)\n")]
    private static partial Regex HeadOfTable();

    [GeneratedRegex(@"\bstream\r?\n|endobj")]
    private static partial Regex EndOfDictionary();

    [GeneratedRegex(@"/(?:FontName|BaseFont)/([A-Z]{6})\+")]
    private static partial Regex FontName();

    [GeneratedRegex(@"uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"/ID\[<([0-9A-F]{32})><([0-9A-F]{32})>\]")]
    private static partial Regex TrailerIds();

    [GeneratedRegex(@"trailer\s*<<(.*?)>>\s*(?:%[^\n]*)?\s*startxref", RegexOptions.Singleline)]
    private static partial Regex Trailer();

    [GeneratedRegex(@"/Size \d+")]
    private static partial Regex SizeOf();

    [GeneratedRegex(@"/FontFile2 (\d+) 0 R")]
    private static partial Regex FontFile();

    [GeneratedRegex(@"(\d+)\[[\d ]*\]")]
    private static partial Regex Width();

    [GeneratedRegex(@"/Length (\d+)")]
    private static partial Regex StreamLength();
}
