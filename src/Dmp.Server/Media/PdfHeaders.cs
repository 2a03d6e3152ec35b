namespace Dmp.Server.Media;

/// <summary>Finds the beginnings of objects, <c>1 0 obj</c>, where no table leads to them.</summary>
internal static class PdfHeaders
{
    private const int LinesBack = 3;
    private const int BytesBack = 1024;

    // With more blanks in between, the numbers may be further back than the bytes that were kept.
    private const int BlanksMax = 200;

    private static ReadOnlySpan<byte> Blanks => "\0\t\n\f\r "u8;

    /// <summary>The number of the object whose keyword is here, -1 when it is not known; null when none begins here.</summary>
    public static long? Find(PdfKept kept, int keyword, PdfTables tables, PdfBudget budget)
    {
        var seen = kept.Bytes[Math.Max(0, keyword - BytesBack)..keyword];
        var generation = seen.TrimEnd(Blanks);
        var gap = generation.TrimEnd("0123456789"u8);
        var number = gap.TrimEnd(Blanks);
        var digits = number[number.TrimEnd("0123456789"u8).Length..];
        if (gap.Length < generation.Length && number.Length < gap.Length && digits.Length is > 0 and <= 10)
        {
            var start = keyword - seen.Length + number.Length - digits.Length;
            return IsInData(kept, start) && !StartsLine(kept.Bytes, start) && !IsEntry(kept, tables, start)
                ? null
                : long.Parse(digits, null);
        }

        // Comments, or more blanks than are looked back at, may be between.
        var hasLine = seen[generation.Length..].ContainsAny((byte)'\r', (byte)'\n')
            || gap.Length < generation.Length && gap[number.Length..].ContainsAny((byte)'\r', (byte)'\n');
        if (!hasLine && seen.Length - generation.Length < BlanksMax && generation.Length - number.Length < BlanksMax)
        {
            return null;
        }

        var line = keyword;
        for (var back = 0; back < LinesBack && line > 0; back++)
        {
            line = 1 + kept.Bytes[Math.Max(0, line - BytesBack)..Math.Max(0, line - 1)].LastIndexOfAny((byte)'\r', (byte)'\n') + Math.Max(
                0, line - BytesBack);
            var reader = new PdfReader(kept.Bytes[..(keyword + 3)], line, budget);
            if (reader.TakeHeader(out _) is >= 0 and var found && reader.At == keyword + 3)
            {
                return found;
            }
        }

        return -1;
    }

    /// <summary>Within the data of a stream that ends where its dictionary says, such as the content of a page.</summary>
    private static bool IsInData(PdfKept kept, int at)
    {
        var (low, high) = (0, kept.Data.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = kept.Data[middle].From <= at ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && at < kept.Data[low - 1].To;
    }

    private static bool StartsLine(ReadOnlySpan<byte> bytes, int at)
    {
        var before = bytes[..at].TrimEnd("\0\t\f "u8);
        return before.IsEmpty || before[^1] is (byte)'\r' or (byte)'\n';
    }

    private static bool IsEntry(PdfKept kept, PdfTables tables, int at) => tables.Offsets.Contains(kept.OffsetOf(at));
}
