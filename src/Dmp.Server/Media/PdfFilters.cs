using System.IO.Compression;

namespace Dmp.Server.Media;

/// <summary>Undoes the filters of streams that hold objects, within the budget. What cannot be undone cannot be looked into.</summary>
internal static class PdfFilters
{
    private const int FiltersMax = 16;

    /// <summary>Unpacks the data of a stream with this dictionary; <paramref name="resolve"/> finds what a reference leads to.</summary>
    public static byte[] Unpack(ReadOnlyMemory<byte> data, PdfValue dictionary, Func<PdfValue, PdfValue> resolve, PdfBudget budget)
    {
        var filter = resolve(dictionary["Filter"]);
        var parameters = resolve(dictionary["DecodeParms"]);
        PdfValue[] filters = filter.Kind == PdfKind.Array ? filter.Items.ToArray() : filter.Kind == PdfKind.Null ? [] : [filter];
        PdfValue[] all = parameters.Kind == PdfKind.Array ? parameters.Items.ToArray() : [parameters];
        if (filters.Length > FiltersMax)
        {
            throw new PdfUnreadableException($"A stream with objects has more than {FiltersMax} filters.");
        }

        for (var i = 0; i < filters.Length; i++)
        {
            data = Undo(resolve(filters[i]).Name, data, i < all.Length ? resolve(all[i]) : default, resolve, budget);
        }

        if (filters.Length == 0)
        {
            budget.TakeUnpacked(data.Length);
        }

        return data.ToArray();
    }

    private static byte[] Undo(
        string? filter, ReadOnlyMemory<byte> data, PdfValue parameters, Func<PdfValue, PdfValue> resolve, PdfBudget budget)
    {
        int Number(string key, int otherwise) =>
            resolve(parameters[key]) is { Kind: PdfKind.Integer, Number: >= 0 and <= 1_000_000 and var value } ? (int)value
                : parameters.Has(key) ? throw Damaged()
                : otherwise;

        switch (filter)
        {
            case "FlateDecode" or "Fl":
                return Predicted(Inflate(data, budget), Number);
            case "LZWDecode" or "LZW":
                return Predicted(Lzw(data.Span, Number("EarlyChange", 1) != 0, budget), Number);
            case "ASCIIHexDecode" or "AHx":
                return Hexadecimal(data.Span, budget);
            case "ASCII85Decode" or "A85":
                return Ascii85(data.Span, budget);
            case "RunLengthDecode" or "RL":
                return RunLength(data.Span, budget);
            case "Crypt" when resolve(parameters["Name"]).Name is null or "Identity":
                return data.ToArray();
            default:
                throw new PdfUnreadableException("A stream with objects is packed by a filter that is not read.");
        }
    }

    private static PdfUnreadableException Damaged() => new("A stream with objects is damaged.");

    private static byte[] Inflate(ReadOnlyMemory<byte> packed, PdfBudget budget)
    {
        var data = packed[(packed.Length - packed.Span.TrimStart("\0\t\n\f\r "u8).Length)..];
        if (data.Span is not [var method, var flags, ..] || (method & 0x0F) != 8 || ((method << 8) | flags) % 31 != 0)
        {
            throw Damaged();
        }

        // Without the two bytes before and the checksum behind, which viewers do not insist on.
        using var source = new EndingStream(data[2..]);
        using var inflate = new DeflateStream(source, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var piece = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = inflate.Read(piece)) > 0)
            {
                budget.TakeUnpacked(read);
                unpacked.Write(piece, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }

        return source.WasDrained ? throw Damaged() : unpacked.ToArray();
    }

    private static byte[] Hexadecimal(ReadOnlySpan<byte> data, PdfBudget budget)
    {
        var result = new List<byte>(data.Length / 2);
        var high = -1;
        foreach (var digit in data)
        {
            if (digit == '>')
            {
                break;
            }

            if (char.IsAsciiHexDigit((char)digit))
            {
                var value = digit <= '9' ? digit - '0' : (digit & 0x5F) - 'A' + 10;
                if (high >= 0)
                {
                    result.Add((byte)((high << 4) | value));
                }

                high = high >= 0 ? -1 : value;
            }
            else if (!"\0\t\n\f\r "u8.Contains(digit))
            {
                throw Damaged();
            }
        }

        if (high >= 0)
        {
            result.Add((byte)(high << 4));
        }

        budget.TakeUnpacked(result.Count);
        return [.. result];
    }

    private static byte[] Ascii85(ReadOnlySpan<byte> data, PdfBudget budget)
    {
        var result = new List<byte>(data.Length);
        var (group, count) = (0L, 0);
        var text = data.TrimStart("\0\t\n\f\r "u8);
        foreach (var character in text.StartsWith("<~"u8) ? text[2..] : text)
        {
            if (character == '~')
            {
                break;
            }

            if (character == 'z' && count == 0)
            {
                result.AddRange([0, 0, 0, 0]);
            }
            else if (character is >= (byte)'!' and <= (byte)'u')
            {
                group = (group * 85) + (character - '!');
                if (++count == 5)
                {
                    Add(4);
                }
            }
            else if (!"\0\t\n\f\r "u8.Contains(character))
            {
                throw Damaged();
            }

            if ((result.Count & 0xFFFF) < 4 && result.Count > budget.UnpackedLeft)
            {
                break;
            }
        }

        if (count > 1)
        {
            var bytes = count - 1;
            for (; count < 5; count++)
            {
                group = (group * 85) + 84;
            }

            Add(bytes);
        }

        budget.TakeUnpacked(result.Count);
        return [.. result];

        void Add(int bytes)
        {
            for (var i = 0; i < bytes; i++)
            {
                result.Add((byte)(group >> (24 - (8 * i))));
            }

            (group, count) = (0, 0);
        }
    }

    private static byte[] RunLength(ReadOnlySpan<byte> data, PdfBudget budget)
    {
        using var result = new MemoryStream();
        Span<byte> repeated = stackalloc byte[129];
        for (var i = 0; i < data.Length && data[i] != 128;)
        {
            var length = data[i++];
            if (length < 128)
            {
                // A last run that is cut is what is there.
                var run = data[i..Math.Min(data.Length, i + length + 1)];
                budget.TakeUnpacked(run.Length);
                result.Write(run);
                i += length + 1;
            }
            else if (i < data.Length)
            {
                var run = repeated[..(257 - length)];
                run.Fill(data[i++]);
                budget.TakeUnpacked(run.Length);
                result.Write(run);
            }
        }

        return result.ToArray();
    }

    private static byte[] Lzw(ReadOnlySpan<byte> data, bool isEarly, PdfBudget budget)
    {
        const int Clear = 256, End = 257;
        using var result = new MemoryStream();
        // Each entry is the one before it and a byte.
        var (prefix, last, length) = (new int[4097], new byte[4097], new int[4097]);
        for (var i = 0; i < 256; i++)
        {
            (prefix[i], last[i], length[i]) = (-1, (byte)i, 1);
        }

        var (next, width, previous, bits, held) = (258, 9, -1, 0, 0);
        var text = new byte[4097];
        foreach (var value in data)
        {
            held = (held << 8) | value;
            bits += 8;
            if (bits < width)
            {
                continue;
            }

            var code = (held >> (bits - width)) & ((1 << width) - 1);
            bits -= width;
            held &= (1 << bits) - 1;
            if (code == End)
            {
                return result.ToArray();
            }

            if (code == Clear)
            {
                (next, width, previous) = (258, 9, -1);
                continue;
            }

            if (code > next || code == next && previous < 0 || code < next && code is Clear or End)
            {
                throw Damaged();
            }

            var known = code < next ? code : previous;
            var count = length[known];
            for (var (entry, i) = (known, count - 1); i >= 0; i--)
            {
                text[i] = last[entry];
                entry = prefix[entry];
            }

            var first = text[0];
            if (code == next)
            {
                text[count++] = first;
            }

            budget.TakeUnpacked(count);
            result.Write(text, 0, count);
            if (previous >= 0 && next < 4096)
            {
                (prefix[next], last[next], length[next]) = (previous, first, length[previous] + 1);
                next++;
            }

            previous = code;
            var size = next + (isEarly ? 1 : 0);
            width = size >= 2048 ? 12 : size >= 1024 ? 11 : size >= 512 ? 10 : 9;
        }

        return result.ToArray();
    }

    private static byte[] Predicted(byte[] data, Func<string, int, int> number)
    {
        var predictor = number("Predictor", 1);
        if (predictor <= 1)
        {
            return data;
        }

        var (colors, bits, columns) = (number("Colors", 1), number("BitsPerComponent", 8), number("Columns", 1));
        if (colors is < 1 or > 64 || bits is not (1 or 2 or 4 or 8 or 16) || columns < 1)
        {
            throw Damaged();
        }

        var pixel = Math.Max(1, colors * bits / 8);
        var row = (int)(((long)colors * bits * columns + 7) / 8);
        return predictor == 2 ? Difference(data, pixel, row, bits) : Png(data, pixel, row);
    }

    private static byte[] Difference(byte[] data, int pixel, int row, int bits)
    {
        if (bits != 8)
        {
            throw new PdfUnreadableException("A stream with objects is packed by a filter that is not read.");
        }

        for (var i = 0; i < data.Length; i++)
        {
            data[i] += i % row >= pixel ? data[i - pixel] : (byte)0;
        }

        return data;
    }

    private static byte[] Png(byte[] data, int pixel, int row)
    {
        var result = new byte[data.Length - ((data.Length + row) / (row + 1))];
        for (var (from, to) = (0, 0); from < data.Length; from += row + 1, to += row)
        {
            var kind = data[from];
            var count = Math.Min(row, data.Length - from - 1);
            for (var i = 0; i < count; i++)
            {
                var left = i >= pixel ? result[to + i - pixel] : 0;
                var up = to >= row ? result[to + i - row] : 0;
                var corner = i >= pixel && to >= row ? result[to + i - row - pixel] : 0;
                result[to + i] = (byte)(data[from + 1 + i] + kind switch
                {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    4 => Paeth(left, up, corner),
                    _ => throw Damaged(),
                });
            }
        }

        return result;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (a, b, c) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }

    /// <summary>Bytes in memory that remember whether somebody asked for more than there are: packed data that were cut off.</summary>
    private sealed class EndingStream(ReadOnlyMemory<byte> bytes) : Stream
    {
        private int offset;

        public bool WasDrained { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var taken = Math.Min(buffer.Length, bytes.Length - offset);
            bytes.Span.Slice(offset, taken).CopyTo(buffer);
            offset += taken;
            WasDrained |= taken == 0;
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
