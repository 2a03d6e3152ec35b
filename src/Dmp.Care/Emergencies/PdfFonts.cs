using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using PdfSharp.Drawing;
using PdfSharp.Fonts;
using PdfSharp.Pdf;

namespace Dmp.Care.Emergencies;

/// <summary>The two fonts of the page, which are part of the library: whatever is installed where the server runs does not count.</summary>
internal sealed class PdfFonts : IFontResolver
{
    private const string Family = "DejaVu Sans Condensed";
    private const string Regular = "DejaVuSansCondensed";
    private const string Bold = "DejaVuSansCondensed-Bold";
    private const int MissingLetter = 0x25A1;

    private static readonly FrozenDictionary<string, byte[]> files = new[] { Regular, Bold }.ToFrozenDictionary(name => name, Load);
    private static readonly FrozenSet<int> letters = LettersOf(files[Regular]).Intersect(LettersOf(files[Bold])).ToFrozenSet();
    private static readonly XPdfFontOptions whole = new(PdfFontEncoding.Unicode);

    static PdfFonts() => GlobalFontSettings.FontResolver ??= new PdfFonts();

    /// <summary>A font of a size in points.</summary>
    public static XFont Font(double size, bool isBold) =>
        new(Family, size, isBold ? XFontStyleEx.Bold : XFontStyleEx.Regular, whole);

    /// <summary>The words with what the fonts have no picture of as an empty box: that there was something is seen.</summary>
    public static string Shown(string words)
    {
        StringBuilder shown = new(words.Length);
        foreach (var rune in words.EnumerateRunes())
        {
            shown.Append(letters.Contains(rune.Value) ? rune.ToString() : ((char)MissingLetter).ToString());
        }

        return shown.ToString();
    }

    /// <inheritdoc/>
    public FontResolverInfo? ResolveTypeface(string familyName, bool isBold, bool isItalic) =>
        familyName == Family ? new FontResolverInfo(isBold ? Bold : Regular) : null;

    /// <inheritdoc/>
    public byte[]? GetFont(string faceName) => files[faceName];

    private static byte[] Load(string name)
    {
        using var stream = typeof(PdfFonts).Assembly.GetManifestResourceStream($"{name}.ttf")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>What a font has pictures of: its table from characters to glyphs (cmap, format 12).</summary>
    private static IEnumerable<int> LettersOf(byte[] font)
    {
        var map = TrueTypeTable.Find(font, "cmap");
        var count = Number(map + 2, 2);
        for (var place = 0; place < count; place++)
        {
            var table = map + Number(map + 4 + (8 * place) + 4, 4);
            if (Number(table, 2) != 12)
            {
                continue;
            }

            var groups = Number(table + 12, 4);
            for (var group = 0; group < groups; group++)
            {
                var start = table + 16 + (12 * group);
                for (var letter = Number(start, 4); letter <= Number(start + 4, 4); letter++)
                {
                    yield return letter;
                }
            }

            yield break;
        }

        int Number(int offset, int length) => length == 2
            ? BinaryPrimitives.ReadUInt16BigEndian(font.AsSpan(offset)) : BinaryPrimitives.ReadInt32BigEndian(font.AsSpan(offset));
    }
}

/// <summary>The directory of a font file.</summary>
internal static class TrueTypeTable
{
    /// <summary>Where a table begins.</summary>
    public static int Find(ReadOnlySpan<byte> font, string tag)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(font[4..]);
        for (var place = 0; place < count; place++)
        {
            var entry = font.Slice(12 + (16 * place), 16);
            if (Encoding.ASCII.GetString(entry[..4]) == tag)
            {
                return BinaryPrimitives.ReadInt32BigEndian(entry[8..]);
            }
        }

        throw new InvalidDataException($"The font has no table {tag}.");
    }
}
