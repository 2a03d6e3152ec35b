namespace Dmp.Server.Media;

/// <summary>
/// The objects of a PDF. Where its tables of offsets are sound: those that its root leads to, as every viewer finds them. Else all that
/// look like objects anywhere, earlier versions too, because a viewer that repairs the file may come upon any of them.
/// </summary>
internal sealed class PdfDocument
{
    private readonly PdfKept kept;
    private readonly PdfBudget budget;
    private readonly Dictionary<long, List<PdfObject>> byNumber = [];
    private readonly Dictionary<long, List<PdfObject>> unpacked = [];
    private bool isSound;

    public PdfDocument(PdfKept kept, PdfTables tables, PdfBudget budget)
    {
        (this.kept, this.budget, Tables, isSound) = (kept, budget, tables, tables.IsSound);
        Trailers.AddRange(tables.Trailers);
        IsEncrypted = Trailers.Exists(trailer => trailer.Has("Encrypt"));
        if (isSound && !IsEncrypted)
        {
            Walk();
        }

        if (!isSound || IsEncrypted)
        {
            isSound = false;
            byNumber.Clear();
            Objects.Clear();
            Search();
        }
    }

    public PdfTables Tables { get; }

    /// <summary>The objects that count.</summary>
    public List<PdfObject> Objects { get; } = [];

    /// <summary>The newest first, where it is known which one that is.</summary>
    public List<PdfValue> Trailers { get; } = [];

    public bool IsEncrypted { get; private set; }

    /// <summary>A viewer has to repair it.</summary>
    public bool IsDamaged => !isSound;

    /// <summary>What a value is or leads to; more than one thing where it is not known which version a viewer takes.</summary>
    public List<PdfObject> Find(PdfValue value, int steps = 0)
    {
        if (value.Kind != PdfKind.Reference)
        {
            return value.Kind == PdfKind.Null ? [] : [new PdfObject(-1, value)];
        }

        // Following costs, so that what leads to itself again and again, or to thousands, comes to an end.
        budget.TakeValue();
        List<PdfObject> found = isSound ? Load(value.Number) : byNumber.GetValueOrDefault(value.Number, []);
        for (var i = 0; i < found.Count; i++)
        {
            budget.TakeValue();
        }

        if (!found.Exists(item => item.Value.Kind == PdfKind.Reference))
        {
            return found;
        }

        return steps > 8 ? [] : [.. found.SelectMany(item => item.Value.Kind == PdfKind.Reference ? Find(item.Value, steps + 1) : [item])];
    }

    /// <summary>The unpacked data of a stream.</summary>
    public byte[] Unpack(PdfObject stream)
    {
        var length = Only(stream.Value["Length"]);
        return PdfFilters.Unpack(stream.Data(kept, length), stream.Value, Only, budget);
    }

    /// <summary>What a value leads to where everybody must find the same.</summary>
    private PdfValue Only(PdfValue value)
    {
        if (value.Kind != PdfKind.Reference)
        {
            return value;
        }

        return Find(value) switch
        {
            [] => default,
            [var one] => one.Value,
            _ => throw new PdfUnreadableException("It is not clear how a stream with objects is packed."),
        };
    }

    /// <summary>From the newest trailer on.</summary>
    private void Walk()
    {
        var waiting = new Queue<PdfValue>();
        var seen = new HashSet<long>();
        waiting.Enqueue(Trailers[0]);
        while (isSound && waiting.TryDequeue(out var value))
        {
            foreach (var item in value.Kind == PdfKind.Array ? value.Items : value.Pairs)
            {
                if (item.Kind is PdfKind.Array or PdfKind.Dictionary)
                {
                    waiting.Enqueue(item);
                }
                else if (item.Kind == PdfKind.Reference && seen.Add(item.Number))
                {
                    foreach (var next in Load(item.Number))
                    {
                        Objects.Add(next);
                        waiting.Enqueue(
                            next.Value.Kind == PdfKind.Reference ? new PdfValue(PdfKind.Array, 0, new[] { next.Value }) : next.Value);
                    }
                }
            }
        }
    }

    private List<PdfObject> Load(long number)
    {
        if (byNumber.TryGetValue(number, out var known))
        {
            return known;
        }

        var found = new List<PdfObject>();
        byNumber.Add(number, found);
        foreach (var entries in (Dictionary<long, PdfEntry>[])[Tables.Entries, Tables.Hybrid])
        {
            if (!entries.TryGetValue(number, out var entry) || entry.Kind == 0)
            {
                continue;
            }

            if (entry.Kind == 1)
            {
                var at = kept.Find(entry.Place);
                var reader = new PdfReader(kept.Upto(at), at, budget);
                reader.TakeHeader(out _);
                var item = PdfObject.Read(kept, reader.At, number, budget);
                isSound &= !item.IsMalformed && (!item.IsStream || item.HasLength(kept, Only(item.Value["Length"])));
                found.Add(item);
            }
            else
            {
                var objects = InStream(entry.Place);
                var isThere = entry.Index < objects.Count && objects[(int)entry.Index].Number == number;
                isSound &= isThere;
                found.AddRange(isThere ? [objects[(int)entry.Index]] : []);
            }
        }

        return found;
    }

    private List<PdfObject> InStream(long number)
    {
        if (unpacked.TryGetValue(number, out var objects))
        {
            return objects;
        }

        unpacked.Add(number, objects = []);
        if (Load(number) is [{ IsStream: true } stream])
        {
            ReadObjects(stream, objects);
        }

        return objects;
    }

    /// <summary>The objects of an object stream: first pairs of numbers, then values.</summary>
    private void ReadObjects(PdfObject stream, List<PdfObject> objects)
    {
        var data = Unpack(stream);
        var count = Only(stream.Value["N"]);
        var first = Only(stream.Value["First"]);
        if (count is not { Kind: PdfKind.Integer, Number: >= 0 and <= PdfBudget.ObjectsMax }
            || first is not { Kind: PdfKind.Integer, Number: >= 0 })
        {
            throw new PdfUnreadableException("An object stream does not say where its objects are.");
        }

        var index = new PdfReader(data, 0, budget);
        for (var i = 0; i < count.Number; i++)
        {
            index.SkipBlanks();
            var number = index.TakeInteger();
            index.SkipBlanks();
            var place = index.TakeInteger();
            if (number is null || place is null || first.Number + place is < 0 or > int.MaxValue)
            {
                throw new PdfUnreadableException("An object stream does not say where its objects are.");
            }

            budget.TakeObject();
            var at = (int)Math.Min(data.Length, first.Number + place.Value);
            objects.Add(new PdfObject(number.Value, new PdfReader(data, at, budget).TakeValue() ?? default));
        }
    }

    /// <summary>Everything that looks like an object or a trailer.</summary>
    private void Search()
    {
        var bytes = kept.Bytes;
        for (var at = 0; bytes[at..].IndexOf("obj"u8) is >= 0 and var found; at += found + 3)
        {
            if (PdfHeaders.Find(kept, at + found, Tables, budget) is { } number)
            {
                Add(PdfObject.Read(kept, at + found + 3, number, budget));
            }
        }

        for (var at = 0; bytes[at..].IndexOf("trailer"u8) is >= 0 and var found; at += found + 7)
        {
            budget.TakeObject();
            if (new PdfReader(kept.Upto(at + found), at + found + 7, budget).TakeValue() is { IsDictionary: true } trailer)
            {
                Trailers.Add(trailer);
            }
        }

        Trailers.AddRange(Objects.Where(item => item.IsStream && item.Value["Type"].Name == "XRef").Select(item => item.Value));
        IsEncrypted |= Trailers.Exists(trailer => trailer.Has("Encrypt"));
        if (IsEncrypted)
        {
            return;
        }

        foreach (var stream in Objects.Where(item => item.IsObjectStream).ToList())
        {
            var objects = new List<PdfObject>();
            ReadObjects(stream, objects);
            objects.ForEach(Add);
        }
    }

    private void Add(PdfObject item)
    {
        Objects.Add(item);
        if (!byNumber.TryGetValue(item.Number, out var same))
        {
            byNumber.Add(item.Number, same = []);
        }

        same.Add(item);
    }
}
