namespace Dmp.Server.Content;

/// <summary>Plain content that is a part of a blob.</summary>
internal sealed class SliceContentReader(IContentReader inner, ContentPlace place) : IContentReader
{
    public long Length => place.SizeBytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        return await inner.ReadAsync(place.BlobOffset + offset, buffer[..wanted], cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
