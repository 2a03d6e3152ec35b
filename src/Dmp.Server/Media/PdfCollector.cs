namespace Dmp.Server.Media;

/// <summary>
/// Keeps of a PDF, as it streams by, what its objects are made of, and leaves the data of other streams out. Where such data look as if
/// an object, a table or the trailer began in them they are kept from there on: a viewer may look for objects there. What is left out
/// by mistake is missed later, and the PDF cannot be looked into then.
/// </summary>
internal sealed class PdfCollector(PdfKept kept)
{
    // Of the bytes left out, so many are still at hand to keep the numbers before the keyword of an object.
    private const int BackBytes = 256;

    // How far the dictionary of a stream is looked back at.
    private const int DictionaryBytes = 4096;

    // Data that look like objects again and again are kept without further looking.
    private const int DoubtsMax = 64;

    private byte[] window = new byte[64 * 1024];
    private int start;
    private int at;
    private int end;
    private int doubts;
    private int dataFrom;
    private long dataOffset;
    private long announced;
    private State state;

    private enum State
    {
        Outside,
        LeavingData,
        KeepingData,
    }

    public void Write(ReadOnlySpan<byte> more)
    {
        while (!more.IsEmpty)
        {
            if (end == window.Length)
            {
                window.AsSpan(start, end - start).CopyTo(window);
                (at, end, start) = (at - start, end - start, 0);
            }

            var taken = Math.Min(more.Length, window.Length - end);
            more[..taken].CopyTo(window.AsSpan(end));
            more = more[taken..];
            end += taken;
            Advance(isLast: false);
        }
    }

    public void Complete()
    {
        Advance(isLast: true);
        if (state == State.LeavingData)
        {
            kept.Leave(end - start);
        }
        else
        {
            kept.Keep(window.AsSpan(start, end - start));
        }

        (start, at) = (end, end);
    }

    private void Advance(bool isLast)
    {
        while (state switch
        {
            State.Outside => KeepToStream(isLast),
            State.LeavingData => LeaveToEnd(isLast),
            _ => KeepToEnd(isLast),
        })
        {
        }
    }

    /// <summary>Takes the bytes up to here into what is kept.</summary>
    private void KeepUpto(int place)
    {
        if (place > start)
        {
            kept.Keep(window.AsSpan(start, place - start));
            (start, at) = (place, Math.Max(at, place));
        }
    }

    private bool KeepToStream(bool isLast)
    {
        var found = window.AsSpan(at, end - at).IndexOf("stream"u8);
        if (found < 0)
        {
            KeepUpto(Math.Max(start, end - 8));
            at = Math.Max(at, end - 5);
            return false;
        }

        var after = at + found + 6;
        if (end - after < 2 && !isLast)
        {
            KeepUpto(at + found);
            return false;
        }

        KeepUpto(after);
        var data = after < end && window[after] == '\r' ? (after + 1 < end && window[after + 1] == '\n' ? after + 2 : after + 1)
            : after < end && window[after] == '\n' ? after + 1
            : -1;
        var before = kept.Bytes[..^Math.Min(6, kept.Length)].TrimEnd("\0\t\n\f\r "u8);
        at = after;
        if (data < 0 || !before.EndsWith(">>"u8))
        {
            return true;
        }

        KeepUpto(data);
        (at, doubts, dataFrom) = (data, 0, kept.Length);
        dataOffset = kept.FileLength;
        announced = Length(before[Math.Max(0, before.Length - DictionaryBytes)..]);
        state = HoldsObjects(before[Math.Max(0, before.Length - DictionaryBytes)..]) ? State.KeepingData : State.LeavingData;
        return true;
    }

    /// <summary>It is better to keep too much.</summary>
    private static bool HoldsObjects(ReadOnlySpan<byte> dictionary)
    {
        var own = dictionary[Math.Max(0, dictionary.LastIndexOf("obj"u8))..];
        return own.Contains((byte)'#') || own.IndexOf("/ObjStm"u8) >= 0 || own.IndexOf("/XRef"u8) >= 0 || own.IndexOf("/First"u8) >= 0
            || own.IndexOf("/EmbeddedFile"u8) >= 0
            || own.IndexOf("/Params"u8) >= 0
            || own.IndexOf("/W"u8) >= 0 && own.IndexOf("/Size"u8) >= 0;
    }

    /// <summary>The length as the dictionary says it; -1 when it does not, or elsewhere.</summary>
    private static long Length(ReadOnlySpan<byte> dictionary)
    {
        var rest = dictionary[Math.Max(0, dictionary.LastIndexOf("obj"u8))..];
        var key = rest.LastIndexOf("/Length"u8);
        var digits = key < 0 ? [] : rest[(key + 7)..].TrimStart("\0\t\n\f\r "u8);
        var count = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return count is > 0 and <= 12 ? long.Parse(digits[..count], null) : -1;
    }

    private bool LeaveToEnd(bool isLast)
    {
        var rest = window.AsSpan(at, end - at);
        var close = rest.IndexOf("endstream"u8);
        var looked = close < 0 ? rest : rest[..close];
        var doubt = Earliest(looked.IndexOf("obj"u8), looked.IndexOf("trailer"u8), looked.IndexOf("xref"u8));
        if (doubt >= 0)
        {
            var place = at + doubt;
            at = place + 3;
            if (++doubts > DoubtsMax || window[place] != 'o' || IsHeader(window.AsSpan(start, place + 3 - start)))
            {
                LeaveUpto(Math.Max(start, place - BackBytes));
                state = State.KeepingData;
                dataFrom = Math.Min(dataFrom, kept.Length);
            }

            return true;
        }

        if (close < 0)
        {
            at = Math.Max(at, isLast ? end : end - 8);
            LeaveUpto(Math.Max(start, at - BackBytes));
            return false;
        }

        var ends = at + close;
        LeaveUpto(Math.Max(start, ends - 2));
        KeepUpto(ends + 9);
        at = ends + 9;
        state = State.Outside;
        return true;
    }

    private bool KeepToEnd(bool isLast)
    {
        var close = window.AsSpan(at, end - at).IndexOf("endstream"u8);
        if (close < 0)
        {
            KeepUpto(Math.Max(start, isLast ? end : end - 8));
            at = Math.Max(at, end - 8);
            return false;
        }

        var ends = at + close;
        KeepUpto(ends);
        if (kept.FileLength - dataOffset - announced is >= 0 and <= 2)
        {
            kept.Data.Add((dataFrom, kept.Length));
        }

        KeepUpto(ends + 9);
        at = ends + 9;
        state = State.Outside;
        return true;
    }

    private void LeaveUpto(int place)
    {
        kept.Leave(place - start);
        start = place;
        at = Math.Max(at, start);
    }

    private static int Earliest(int first, int second, int third)
    {
        var best = (uint)first;
        best = Math.Min(best, (uint)second);
        return (int)Math.Min(best, (uint)third);
    }

    /// <summary>The keyword may be that of an object: blanks or a comment and a digit come before it.</summary>
    private static bool IsHeader(ReadOnlySpan<byte> seen)
    {
        var generation = seen[..^3].TrimEnd("\0\t\n\f\r "u8);
        var gap = seen[generation.Length..^3];
        return generation.IsEmpty || gap.ContainsAny((byte)'\r', (byte)'\n') || char.IsAsciiDigit((char)generation[^1])
            && PrecededByNumber(generation.TrimEnd("0123456789"u8));
    }

    private static bool PrecededByNumber(ReadOnlySpan<byte> gap)
    {
        var number = gap.TrimEnd("\0\t\n\f\r "u8);
        return gap.IsEmpty || number.Length < gap.Length
            && (number.IsEmpty || char.IsAsciiDigit((char)number[^1]) || gap[number.Length..].IndexOfAny((byte)'\r', (byte)'\n') >= 0);
    }
}
