namespace Dmp.Server.Media;

/// <summary>What of a PDF is kept in memory, in the order of the file: everything but the data of streams that hold no objects.</summary>
internal sealed class PdfKept
{
    private readonly List<(int At, long Offset)> segments = [(0, 0)];
    private byte[] bytes = new byte[16 * 1024];

    /// <summary>Bytes that are kept.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the file so far.</summary>
    public long FileLength { get; private set; }

    /// <summary>More had to be kept than is allowed; the rest is not.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Data of streams that are kept: from, to.</summary>
    public List<(int From, int To)> Data { get; } = [];

    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, Length);

    public void Keep(ReadOnlySpan<byte> more)
    {
        FileLength += more.Length;
        if (IsFull || (IsFull = Length + more.Length > PdfBudget.KeptBytesMax))
        {
            return;
        }

        if (Length + more.Length > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(Length + more.Length, Math.Min(PdfBudget.KeptBytesMax, bytes.Length * 2)));
        }

        more.CopyTo(bytes.AsSpan(Length));
        Length += more.Length;
    }

    public void Leave(long count)
    {
        if (count == 0)
        {
            return;
        }

        FileLength += count;
        if (segments[^1].At == Length)
        {
            segments.RemoveAt(segments.Count - 1);
        }

        segments.Add((Length, FileLength));
    }

    /// <summary>Where the byte of the file is kept; -1 when it is not.</summary>
    public int Find(long offset)
    {
        var at = Search(segment => segment.Offset <= offset);
        if (at < 0)
        {
            return -1;
        }

        var place = offset - segments[at].Offset + segments[at].At;
        return place < EndOf(at) ? (int)place : -1;
    }

    /// <summary>Where in the file the kept byte is.</summary>
    public long OffsetOf(int at)
    {
        var (start, offset) = segments[Search(segment => segment.At <= at)];
        return offset + at - start;
    }

    /// <summary>All that is kept up to the next gap after this byte.</summary>
    public ReadOnlySpan<byte> Upto(int at) => bytes.AsSpan(0, EndOf(Search(segment => segment.At <= at)));

    /// <summary>The bytes up to here come right before a gap.</summary>
    public bool IsBeforeGap(int at) => segments.Count > 0 && segments[Math.Max(0, Search(segment => segment.At <= at))].At == at && at > 0;

    private int EndOf(int segment) => segment + 1 < segments.Count ? segments[segment + 1].At : Length;

    private int Search(Func<(int At, long Offset), bool> isBefore)
    {
        var (low, high) = (0, segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isBefore(segments[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
