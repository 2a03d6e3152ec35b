namespace Dmp.Server.Media;

/// <summary>Where an object is, as a table of offsets says.</summary>
/// <param name="Kind">0: nowhere; 1: at an offset; 2: in an object stream.</param>
/// <param name="Place">The offset, or the number of the object stream.</param>
/// <param name="Index">The generation, or the place in the object stream.</param>
internal readonly record struct PdfEntry(byte Kind, long Place, long Index);

/// <summary>
/// The tables of offsets of a PDF, the newest first. They are sound when no viewer could find a fault in them, and would look for the
/// objects by itself then.
/// </summary>
internal sealed class PdfTables
{
    private const int SectionsMax = 4096;
    private const int EndBytes = 1024;

    private readonly PdfKept kept;
    private readonly PdfBudget budget;

    public PdfTables(PdfKept kept, PdfBudget budget)
    {
        (this.kept, this.budget) = (kept, budget);
        try
        {
            IsSound = kept.Bytes.StartsWith("%PDF-"u8) && Read() && HasHeaders();
        }
        catch (PdfUnreadableException)
        {
            // A table that cannot be unpacked is none; limits that were reached stay so.
            budget.CheckTime();
        }
    }

    public bool IsSound { get; }

    /// <summary>Where each object is.</summary>
    public Dictionary<long, PdfEntry> Entries { get; } = [];

    /// <summary>Where newer viewers find some objects, and older ones do not.</summary>
    public Dictionary<long, PdfEntry> Hybrid { get; } = [];

    /// <summary>The newest trailer first.</summary>
    public List<PdfValue> Trailers { get; } = [];

    /// <summary>Every offset that a table leads to.</summary>
    public HashSet<long> Offsets { get; } = [];

    /// <summary>The file ends as it should: <c>startxref</c>, an offset, and the mark of the end.</summary>
    public bool HasEnd { get; private set; }

    private bool Read()
    {
        var bytes = kept.Bytes;
        var start = bytes.LastIndexOf("startxref"u8);
        if (start < 0 || kept.FileLength - kept.OffsetOf(start) > EndBytes + 32)
        {
            return false;
        }

        var reader = new PdfReader(kept.Upto(start), start + 9, budget);
        reader.SkipBlanks();
        if (reader.TakeInteger() is not { } next || bytes[reader.At..].IndexOf("%%EOF"u8) < 0)
        {
            return false;
        }

        HasEnd = true;
        var isSound = true;
        var read = new HashSet<long>();
        while (next >= 0)
        {
            if (!read.Add(next) || read.Count > SectionsMax || ReadSection(next, Entries) is not { } section)
            {
                return false;
            }

            isSound &= section.IsSound;
            Trailers.Add(section.Trailer);
            if (section.Trailer["XRefStm"] is { Kind: PdfKind.Integer, Number: var hybrid })
            {
                isSound &= read.Add(hybrid) && ReadSection(hybrid, Hybrid) is { IsSound: true };
            }

            var previous = section.Trailer["Prev"];
            isSound &= previous.Kind is PdfKind.Integer or PdfKind.Null;
            next = previous.Kind == PdfKind.Integer ? previous.Number : -1;
        }

        return isSound;
    }

    private (PdfValue Trailer, bool IsSound)? ReadSection(long offset, Dictionary<long, PdfEntry> entries)
    {
        var at = kept.Find(offset);
        if (at < 0)
        {
            return null;
        }

        return kept.Bytes[at..].StartsWith("xref"u8) ? ReadTable(at + 4, entries) : ReadStream(at, entries);
    }

    private (PdfValue Trailer, bool IsSound)? ReadTable(int at, Dictionary<long, PdfEntry> entries)
    {
        var bytes = kept.Upto(at);
        var reader = new PdfReader(bytes, at, budget);
        var isSound = true;
        while (!reader.TakeWord("trailer"u8))
        {
            reader.SkipBlanks();
            var first = reader.TakeInteger();
            reader.SkipBlanks();
            var count = reader.TakeInteger();
            if (first is null or < 0 || count is null or < 0 or > PdfBudget.ObjectsMax)
            {
                return null;
            }

            reader.SkipBlanks();
            for (var number = first.Value; number < first + count; number++)
            {
                budget.TakeValue();
                var entry = reader.At;
                var place = reader.TakeInteger();
                reader.SkipBlanks();
                var generation = reader.TakeInteger();
                reader.SkipBlanks();
                var isUsed = reader.TakeWord("n"u8);
                if (place is null || generation is null || !isUsed && !reader.TakeWord("f"u8))
                {
                    return null;
                }

                isSound &= reader.At - entry == 18;
                reader.SkipBlanks();
                isSound &= reader.At - entry == 20 || number + 1 == first + count;
                Offsets.Add(isUsed ? place.Value : -1);
                entries.TryAdd(number, isUsed ? new PdfEntry(1, place.Value, generation.Value) : default);
            }
        }

        var trailer = reader.TakeValue() ?? default;
        return (trailer, isSound && trailer.IsDictionary && !reader.IsMalformed);
    }

    private (PdfValue Trailer, bool IsSound)? ReadStream(int at, Dictionary<long, PdfEntry> entries)
    {
        var reader = new PdfReader(kept.Upto(at), at, budget);
        var number = reader.TakeHeader(out _);
        if (number < 0)
        {
            return null;
        }

        var stream = PdfObject.Read(kept, reader.At, number, budget);
        var dictionary = stream.Value;
        if (!stream.IsStream
            || dictionary["W"].Items is not [{ Kind: PdfKind.Integer }, { Kind: PdfKind.Integer }, { Kind: PdfKind.Integer }] widths)
        {
            return null;
        }

        var isSound = dictionary["Type"].Name == "XRef" && stream.HasLength(kept, dictionary["Length"]) && !stream.IsMalformed;
        var rows = PdfFilters.Unpack(stream.Data(kept, dictionary["Length"]), dictionary, value => value, budget);
        var width = widths[0].Number + widths[1].Number + widths[2].Number;
        if (width is <= 0 or > 24 || widths[0].Number is < 0 or > 8 || widths[1].Number is < 0 or > 8 || widths[2].Number is < 0 or > 8)
        {
            return null;
        }

        PdfValue[] whole = [new PdfValue(PdfKind.Integer), dictionary["Size"]];
        var index = dictionary.Has("Index") ? dictionary["Index"].Items : whole;
        var row = 0;
        for (var i = 0; i + 1 < index.Length; i += 2)
        {
            for (var k = 0L; k < index[i + 1].Number; k++, row += (int)width)
            {
                budget.TakeValue();
                if (row + width > rows.Length)
                {
                    return (dictionary, false);
                }

                var kind = widths[0].Number == 0 ? 1 : Field(rows, row, widths[0].Number);
                var place = Field(rows, row + (int)widths[0].Number, widths[1].Number);
                var last = Field(rows, row + (int)(widths[0].Number + widths[1].Number), widths[2].Number);
                isSound &= kind is >= 0 and <= 2;
                Offsets.Add(kind == 1 ? place : -1);
                entries.TryAdd(index[i].Number + k, kind is 1 or 2 ? new PdfEntry((byte)kind, place, last) : default);
            }
        }

        return (dictionary, isSound);
    }

    private static long Field(byte[] rows, int at, long width)
    {
        var value = 0L;
        for (var i = 0; i < width; i++)
        {
            value = (value << 8) | rows[at + i];
        }

        return value;
    }

    /// <summary>At each offset is the object that the table says.</summary>
    private bool HasHeaders()
    {
        var size = Trailers[0]["Size"];
        foreach (var (number, entry) in Entries.Concat(Hybrid))
        {
            if (entry.Kind == 0)
            {
                continue;
            }

            if (size.Kind != PdfKind.Integer || number >= size.Number || number <= 0)
            {
                return false;
            }

            if (entry.Kind == 1)
            {
                var at = kept.Find(entry.Place);
                if (at < 0)
                {
                    return false;
                }

                var reader = new PdfReader(kept.Upto(at), at, budget);
                if (!char.IsAsciiDigit((char)kept.Bytes[at])
                    || reader.TakeHeader(out var generation) != number
                    || generation != entry.Index)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
