namespace Dmp.Storage;

/// <summary>Bytes in memory, for what otherwise reads them from the store.</summary>
public sealed class MemoryContent(ReadOnlyMemory<byte> bytes) : IContentReader
{
    public long Length => bytes.Length;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var count = (int)Math.Min(buffer.Length, Math.Max(0, bytes.Length - offset));
        if (count > 0)
        {
            bytes.Slice((int)offset, count).CopyTo(buffer);
        }

        return ValueTask.FromResult(count);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
