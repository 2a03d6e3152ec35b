using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Dmp.Search.Index;

/// <summary>Bytes that are being written: numbers of seven bits a byte, the lowest first, and texts behind their length.</summary>
internal sealed class Bytes
{
    private readonly ArrayBufferWriter<byte> written = new();

    public int Length => written.WrittenCount;

    public ReadOnlySpan<byte> Span => written.WrittenSpan;

    public void Clear() => written.ResetWrittenCount();

    public void Add(int number)
    {
        var rest = (uint)number;
        var into = written.GetSpan(5);
        var length = 0;
        while (rest >= 0x80)
        {
            into[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        into[length++] = (byte)rest;
        written.Advance(length);
    }

    public void AddFixed(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(written.GetSpan(4), number);
        written.Advance(4);
    }

    public void Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        Add(bytes);
    }

    public void Add(ReadOnlySpan<byte> bytes) => written.Write(bytes);
}
