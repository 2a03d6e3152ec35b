using System.IO.Hashing;

namespace Dmp.Xdm;

/// <summary>
/// Reads exactly as many bytes as a file was said to have: a packed file that goes on is stopped there, one that ends before is damaged,
/// and so is one whose checksum is another.
/// </summary>
internal sealed class ExactStream(Stream inner, TreeFile file, uint checksum, Action closed) : Stream
{
    private readonly Crc32 crc = new();
    private long read;
    private bool isOver;
    private bool isClosed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => read;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0)
        {
            return 0;
        }

        try
        {
            return Accept(inner.Read(buffer), buffer);
        }
        catch (InvalidDataException)
        {
            throw Damaged("The file cannot be unpacked.");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
        {
            return 0;
        }

        try
        {
            return Accept(await inner.ReadAsync(buffer, cancellationToken), buffer.Span);
        }
        catch (InvalidDataException)
        {
            throw Damaged("The file cannot be unpacked.");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isClosed)
        {
            isClosed = true;
            inner.Dispose();
            closed();
        }

        base.Dispose(disposing);
    }

    private int Accept(int count, ReadOnlySpan<byte> buffer)
    {
        read += count;
        if (read > file.Length || (count == 0 && read < file.Length))
        {
            throw Damaged($"The file has other than the {file.Length} bytes that it was said to have.");
        }

        crc.Append(buffer[..count]);
        if (count == 0 && !isOver)
        {
            isOver = true;
            if (crc.GetCurrentHashAsUInt32() != checksum)
            {
                throw Damaged("The bytes of the file are not those that were packed.");
            }
        }

        return count;
    }

    private XdmRefusedException Damaged(string text) => new(XdmFaultKind.Damaged, file.Name, text);
}
