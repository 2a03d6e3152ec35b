using Dmp.Storage;

namespace Dmp.Server.Facts;

/// <summary>
/// Content for a parser that does not wait: it reads on a thread of its own, which is held for the length of one document. Nothing is kept
/// but what is asked for.
/// </summary>
internal sealed class FactContent(IContentReader content, CancellationToken ct) : Stream
{
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = content.ReadAsync(position, buffer.AsMemory(offset, count), ct).AsTask().GetAwaiter().GetResult();
        position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => position,
        _ => Length,
    };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
