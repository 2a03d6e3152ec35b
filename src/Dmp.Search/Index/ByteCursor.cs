namespace Dmp.Search.Index;

/// <summary>Bytes that are being read. Whatever they are, a number is within its bound or the block is refused.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    public readonly int At => at;

    public readonly bool IsAtEnd => at >= bytes.Length;

    /// <summary>The next number.</summary>
    public int Number(int max = int.MaxValue)
    {
        uint value = 0;
        for (var shift = 0; shift < 32 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value <= (uint)max ? (int)value : throw Damaged();
            }
        }

        throw Damaged();
    }

    /// <summary>How many things come, of which each has at least one byte.</summary>
    public int Count() => Number(bytes.Length - at);

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > bytes.Length - at)
        {
            throw Damaged();
        }

        at += length;
        return bytes.Slice(at - length, length);
    }

    public string Text(int bytesMax) => System.Text.Encoding.UTF8.GetString(Take(Number(bytesMax)));

    public static DocumentIndexException Damaged() => new("The block is damaged.");
}
