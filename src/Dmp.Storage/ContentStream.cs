namespace Dmp.Storage;

/// <summary>
/// The first bytes of a blob as a stream, for parsers that want one. Ends after <paramref name="bytesMax"/> as if the blob
/// did. Does not own the reader.
/// </summary>
public sealed class ContentStream(IContentReader reader, long bytesMax) : Stream
{
    private readonly long end = Math.Min(reader.Length, bytesMax);
    private long offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => offset;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, end - offset);
        var read = await reader.ReadAsync(offset, buffer[..wanted], cancellationToken);
        offset += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Nothing may block a thread on the store.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
