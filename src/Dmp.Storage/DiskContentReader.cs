using Microsoft.Win32.SafeHandles;

namespace Dmp.Storage;

/// <summary>Positional reads on one open blob. On Linux a deletion meanwhile does not disturb it.</summary>
internal sealed class DiskContentReader : IContentReader
{
    private readonly SafeFileHandle handle;

    public DiskContentReader(SafeFileHandle handle)
    {
        this.handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public long Length { get; }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        ReadAsync(handle, Length, offset, buffer, cancellationToken);

    public ValueTask DisposeAsync()
    {
        handle.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads from a file of which <paramref name="length"/> bytes are known to be written.</summary>
    internal static async ValueTask<int> ReadAsync(
        SafeFileHandle handle, long length, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - offset));
        var filled = 0;
        try
        {
            while (filled < wanted)
            {
                var read = await RandomAccess.ReadAsync(handle, buffer[filled..wanted], offset + filled, cancellationToken);
                if (read == 0)
                {
                    throw new ContentUnavailableException("The blob became shorter while it was read.");
                }

                filled += read;
            }
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot read.", exception);
        }

        return filled;
    }
}
