namespace Dmp.Storage;

/// <summary>A stretch of a blob as if it were one of its own. Owns the reader.</summary>
internal sealed class ContentSlice(IContentReader blob, long start, long length) : IContentReader
{
    public long Length => length;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - offset));
        if (wanted == 0)
        {
            return 0;
        }

        var read = await blob.ReadAsync(start + offset, buffer[..wanted], cancellationToken);
        return read == wanted ? read : throw new ContentUnavailableException("A blob is shorter than its row says.");
    }

    public ValueTask DisposeAsync() => blob.DisposeAsync();
}
