using System.Buffers.Binary;
using System.Globalization;

namespace Dmp.Search.Text;

/// <summary>What a stream of a font would become in the library, which makes an entry for each character and each name.</summary>
internal static class FontBytes
{
    // All characters of Unicode, and the names of a font a hundred times over.
    private const long CodesMax = 1_200_000;
    private const long NameBytesMax = 4 * 1024 * 1024;

    private const int TableBytes = 16;
    private const int NameBytes = 12;

    /// <summary>Whether the stream is a table of characters or a font that becomes far more than it is.</summary>
    public static bool AreTooMuch(ReadOnlySpan<byte> bytes) => NamesOf(bytes) > NameBytesMax || CodesOf(bytes) > CodesMax;

    /// <summary>Bytes of all names of a TrueType or OpenType font (OpenType 1.9, name table). Records may share their bytes.</summary>
    private static long NamesOf(ReadOnlySpan<byte> font)
    {
        if (font.Length < TableBytes || !(font.StartsWith("\0\u0001\0\0"u8) || font.StartsWith("true"u8) || font.StartsWith("OTTO"u8)))
        {
            return 0;
        }

        var total = 0L;
        var tables = BinaryPrimitives.ReadUInt16BigEndian(font[4..]);
        for (var i = 0; i < tables && 12 + ((i + 1) * TableBytes) <= font.Length; i++)
        {
            var table = font.Slice(12 + (i * TableBytes), TableBytes);
            var start = BinaryPrimitives.ReadUInt32BigEndian(table[8..]);
            if (!table.StartsWith("name"u8) || start + 6L > font.Length)
            {
                continue;
            }

            var names = font[(int)start..];
            var count = BinaryPrimitives.ReadUInt16BigEndian(names[2..]);
            for (var name = 0; name < count && 6 + ((name + 1) * NameBytes) <= names.Length; name++)
            {
                total += BinaryPrimitives.ReadUInt16BigEndian(names[(6 + (name * NameBytes) + 8)..]);
            }
        }

        return total;
    }

    /// <summary>Codes of all ranges of a table from codes to characters (Adobe Technical Note 5014, bfrange).</summary>
    private static long CodesOf(ReadOnlySpan<byte> map)
    {
        var total = 0L;
        while (map.IndexOf("beginbfrange"u8) is >= 0 and var begin)
        {
            map = map[(begin + "beginbfrange".Length)..];
            while (total <= CodesMax && Next(ref map, out var low) && Next(ref map, out var high))
            {
                total += high is { } last && low is { } first && last >= first ? last - first + 1 : 0;
                if (!Next(ref map, out _))
                {
                    break;
                }
            }
        }

        return total;
    }

    /// <summary>The next code, or null for a list of characters; false where the ranges end.</summary>
    private static bool Next(ref ReadOnlySpan<byte> map, out long? code)
    {
        code = null;
        while (!map.IsEmpty)
        {
            var letter = map[0];
            if (letter == '%')
            {
                map = map.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var line ? map[line..] : default;
            }
            else if (letter is (byte)'<' or (byte)'[')
            {
                var end = map.IndexOf(letter == '<' ? (byte)'>' : (byte)']');
                code = letter == '<' && end > 0 ? Hex(map[1..end]) : null;
                map = end < 0 ? default : map[(end + 1)..];
                return end >= 0;
            }
            else if (letter == 'e')
            {
                return false;
            }
            else
            {
                map = map[1..];
            }
        }

        return false;
    }

    private static long? Hex(ReadOnlySpan<byte> digits)
    {
        var number = 0L;
        foreach (var digit in digits)
        {
            if (char.IsAsciiHexDigit((char)digit) && number < long.MaxValue >> 5)
            {
                number = (number << 4) + int.Parse([(char)digit], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return number;
    }
}
