namespace Dmp.Search.Text;

/// <summary>How many bytes an LZW stream of a PDF unpacks to (ISO 32000-1 7.4.4), without unpacking it.</summary>
internal static class LzwLength
{
    private const int Clear = 256;
    private const int End = 257;
    private const int First = 258;
    private const int CodesMax = 4096;

    /// <summary>Codes that no table knows end the count.</summary>
    public static long Of(ReadOnlySpan<byte> packed, int earlyChange)
    {
        var lengths = new int[CodesMax + 1];
        lengths.AsSpan(0, Clear).Fill(1);
        var (total, next, width, last, bit) = (0L, First, 9, 0, 0L);
        while (bit + width <= packed.Length * 8L)
        {
            var code = Code(packed, bit, width);
            bit += width;
            if (code == Clear)
            {
                (next, width, last) = (First, 9, 0);
                continue;
            }

            if (code == End || (code >= next && (last == 0 || code > next)))
            {
                break;
            }

            var length = code == next ? last + 1 : lengths[code];
            total += length;
            if (last > 0 && next < CodesMax)
            {
                lengths[next++] = last + 1;
            }

            last = length;
            width = Math.Clamp(32 - int.LeadingZeroCount(next + earlyChange), 9, 12);
        }

        return total;
    }

    private static int Code(ReadOnlySpan<byte> packed, long bit, int width)
    {
        var (at, value) = ((int)(bit / 8), 0);
        for (var i = 0; i < 3; i++)
        {
            value = (value << 8) | (at + i < packed.Length ? packed[at + i] : 0);
        }

        return (value >> (24 - (int)(bit % 8) - width)) & ((1 << width) - 1);
    }
}
