namespace Dmp.Server.Media;

/// <summary>One object of a PDF.</summary>
/// <param name="Number">Its number; -1 when it is not known.</param>
/// <param name="Value">Its value; of a stream, the dictionary.</param>
/// <param name="DataAt">Where the data of its stream are kept; -1 when it has none.</param>
/// <param name="DataOffset">Where in the file they are.</param>
/// <param name="IsMalformed">It is not written as it should be.</param>
internal sealed record PdfObject(long Number, PdfValue Value, int DataAt = -1, long DataOffset = -1, bool IsMalformed = false)
{
    public bool IsStream => DataAt >= 0;

    /// <summary>Viewers know an object stream from the table of offsets and ask for these two keys, not for its type.</summary>
    public bool IsObjectStream => IsStream && (Value["Type"].Name == "ObjStm" || Value.Has("First") && Value.Has("N"));

    /// <summary>Reads the object behind its header.</summary>
    public static PdfObject Read(PdfKept kept, int at, long number, PdfBudget budget)
    {
        budget.TakeObject();
        var bytes = kept.Upto(Math.Max(0, at - 1));
        var reader = new PdfReader(bytes, at, budget);
        var value = reader.TakeValue() ?? default;
        if (reader.IsAtEnd && bytes.Length < kept.Length)
        {
            if (reader.IsMalformed)
            {
                throw new PdfUnreadableException("An object is where the data of a stream are.");
            }

            return new PdfObject(number, value, IsMalformed: true);
        }

        if (!value.IsDictionary || !reader.TakeWord("stream"u8))
        {
            return new PdfObject(number, value, IsMalformed: reader.IsMalformed || !reader.TakeWord("endobj"u8));
        }

        var data = reader.At;
        data += data < bytes.Length && bytes[data] == '\r' ? 1 : 0;
        data += data < bytes.Length && bytes[data] == '\n' ? 1 : 0;
        return new PdfObject(number, value, data, kept.OffsetOf(data - 1) + 1, reader.IsMalformed);
    }

    /// <summary>The file says where the data of the stream end, and they do.</summary>
    public bool HasLength(PdfKept kept, PdfValue length)
    {
        if (length is not { Kind: PdfKind.Integer, Number: >= 0 })
        {
            return false;
        }

        var at = kept.Find(DataOffset + length.Number);
        if (at < 0)
        {
            return false;
        }

        var rest = kept.Bytes[at..];
        rest = rest.StartsWith("\r"u8) ? rest[1..] : rest;
        rest = rest.StartsWith("\n"u8) ? rest[1..] : rest;
        return rest.StartsWith("endstream"u8);
    }

    /// <summary>The data of the stream as they are; throws when they were not kept.</summary>
    public ReadOnlyMemory<byte> Data(PdfKept kept, PdfValue length)
    {
        if (DataAt >= kept.Length || kept.OffsetOf(DataAt) != DataOffset)
        {
            throw new PdfUnreadableException("A stream with objects does not say that it is one.");
        }

        var rest = kept.Upto(DataAt)[DataAt..];
        if (HasLength(kept, length) && length.Number <= rest.Length)
        {
            return rest[..(int)length.Number].ToArray();
        }

        var end = rest.IndexOf("endstream"u8);
        return end < 0 ? throw new PdfUnreadableException("A stream with objects has no end.") : rest[..end].ToArray();
    }
}
