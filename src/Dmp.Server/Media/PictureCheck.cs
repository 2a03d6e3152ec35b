using System.Buffers.Binary;

namespace Dmp.Server.Media;

/// <summary>Tells from a JPEG that streams by whether it has a picture, and its end.</summary>
internal sealed class JpegCheck
{
    private int left;
    private byte marker;
    private State state = State.Mark;
    private bool hasFrame;
    private bool hasScan;
    private bool hasEnd;

    private enum State
    {
        Mark,
        Marker,
        FirstLength,
        SecondLength,
        Segment,
        Scan,
        MarkInScan,
        Done,
    }

    /// <summary>What is wrong, in a sentence; null when the picture is whole.</summary>
    public string? Fault => !hasFrame || !hasScan
        ? "The JPEG holds no picture: it is cut off or damaged."
        : hasEnd ? null : "The JPEG has no end: it is cut off.";

    public void Write(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && state != State.Done; i++)
        {
            if (state == State.Segment)
            {
                var passed = Math.Min(left, bytes.Length - i);
                (left, i) = (left - passed, i + passed - 1);
                state = left > 0 ? State.Segment : marker == 0xDA ? State.Scan : State.Mark;
                continue;
            }

            if (state == State.Scan)
            {
                var next = bytes[i..].IndexOf((byte)0xFF);
                i = next < 0 ? bytes.Length : i + next;
                state = next < 0 ? State.Scan : State.MarkInScan;
                continue;
            }

            Take(bytes[i]);
        }
    }

    private void Take(byte value)
    {
        switch (state)
        {
            case State.Mark:
                state = value == 0xFF ? State.Marker : State.Done;
                break;

            case State.MarkInScan when value is 0 or (>= 0xD0 and <= 0xD7):
                state = State.Scan;
                break;

            case State.Marker or State.MarkInScan:
                Begin(value);
                break;

            case State.FirstLength:
                (left, state) = (value << 8, State.SecondLength);
                break;

            default:
                left = (left | value) - 2;
                state = left > 0 ? State.Segment : left < 0 ? State.Done : marker == 0xDA ? State.Scan : State.Mark;
                break;
        }
    }

    private void Begin(byte value)
    {
        if (value == 0xFF)
        {
            return;
        }

        marker = value;
        hasFrame |= value is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
        hasScan |= value == 0xDA;
        hasEnd |= value == 0xD9;
        state = value == 0xD9 ? State.Done : value is 0xD8 or 0x01 or (>= 0xD0 and <= 0xD7) ? State.Mark : State.FirstLength;
    }
}

/// <summary>Tells from a TIFF whether its first picture lies within the file.</summary>
internal static class TiffCheck
{
    /// <summary>So much of a directory is looked at: 12 bytes for each of its fields, of which real ones have some twenty.</summary>
    public const int DirectoryBytesMax = 2 + (12 * 1024);

    /// <summary>Where the first directory is; null in a BigTIFF, which is not looked into.</summary>
    public static long? FindDirectory(ReadOnlySpan<byte> head) =>
        head.Length >= 8 && head[2..4].IndexOf((byte)0x2A) >= 0 ? Number(head, 4, head[0] == 'I') : null;

    /// <summary>What is wrong, in a sentence; null when nothing is seen to be.</summary>
    public static string? Check(ReadOnlySpan<byte> head, ReadOnlySpan<byte> directory, long length)
    {
        var isLittle = head[0] == 'I';
        var count = directory.Length < 2
            ? 0
            : isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(directory) : BinaryPrimitives.ReadUInt16BigEndian(directory);
        if (count == 0 || directory.Length < Math.Min(DirectoryBytesMax, 2 + (12 * count)))
        {
            return "The TIFF holds no picture: it is cut off or damaged.";
        }

        long? offset = null, bytes = null;
        var hasPicture = false;
        for (var at = 2; at + 12 <= directory.Length && at < 2 + (12 * count); at += 12)
        {
            var tag = isLittle
                ? BinaryPrimitives.ReadUInt16LittleEndian(directory[at..])
                : BinaryPrimitives.ReadUInt16BigEndian(directory[at..]);
            var kind = isLittle
                ? BinaryPrimitives.ReadUInt16LittleEndian(directory[(at + 2)..])
                : BinaryPrimitives.ReadUInt16BigEndian(directory[(at + 2)..]);
            var values = Number(directory, at + 4, isLittle);
            var value = kind == 3 && values == 1
                ? isLittle
                ? BinaryPrimitives.ReadUInt16LittleEndian(directory[(at + 8)..])
                : BinaryPrimitives.ReadUInt16BigEndian(directory[(at + 8)..])
                : Number(directory, at + 8, isLittle);
            hasPicture |= tag is 273 or 324 or 513;
            if (tag is 273 or 279 or 324 or 325 && values > 1 && value + (values * (kind == 3 ? 2 : 4)) > length)
            {
                return "The TIFF is cut off: its parts are behind its end.";
            }

            offset = tag is 273 or 324 && values == 1 ? value : offset;
            bytes = tag is 279 or 325 && values == 1 ? value : bytes;
        }

        return !hasPicture ? "The TIFF holds no picture: it is cut off or damaged."
            : offset + (bytes ?? 0) > length ? "The TIFF is cut off: its parts are behind its end."
            : null;
    }

    private static long Number(ReadOnlySpan<byte> bytes, int at, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
