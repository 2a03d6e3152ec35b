using Microsoft.Win32.SafeHandles;

namespace Dmp.Storage;

/// <summary>
/// Writes a part file with unbuffered positional writes; memory does not grow with the document. A part that is left keeps its name.
/// </summary>
internal sealed class DiskContentWriter(DiskContentStore store, Guid blobId, string partPath, SafeFileHandle handle, long length = 0)
    : IContentWriter
{
    private enum State
    {
        Open,
        Failed,
        Committed,
        Discarded,
        Disposed,
    }

    private State state;

    public long Length { get; private set; } = length;

    public long PersistedLength => Length;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        RequireOpen();
        // Failed until proven otherwise: after a cancelled or broken write nobody knows how many bytes arrived.
        state = State.Failed;
        try
        {
            await RandomAccess.WriteAsync(handle, chunk, Length, cancellationToken);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot write.", exception);
        }

        Length += chunk.Length;
        state = State.Open;
    }

    public async Task<long> FlushAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        // A failed fsync is final: the kernel may have dropped the dirty pages, and a second fsync would report success.
        state = State.Failed;
        try
        {
            await Task.Run(() => RandomAccess.FlushToDisk(handle), CancellationToken.None);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot make a part durable.", exception);
        }

        state = State.Open;
        return Length;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireOpen();
        return DiskContentReader.ReadAsync(handle, Length, offset, buffer, cancellationToken);
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        // As for a flush: a failure is final.
        state = State.Failed;
        try
        {
            // The token is not passed on: once begun, the commit ends one way or the other.
            await Task.Run(Publish, CancellationToken.None);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            throw new ContentUnavailableException("The content store cannot make the blob durable.", exception);
        }

        state = State.Committed;
    }

    public Task DiscardAsync(CancellationToken cancellationToken)
    {
        if (state is State.Discarded or State.Disposed or State.Committed)
        {
            return Task.CompletedTask;
        }

        state = State.Discarded;
        try
        {
            // Before the handle is closed, so that the part is never seen without its lock.
            File.Delete(partPath);
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            // Thrown from here this would hide why the upload ended; the sweep removes the part when it has aged.
        }
        finally
        {
            handle.Dispose();
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        state = State.Disposed;
        handle.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Publish()
    {
        RandomAccess.FlushToDisk(handle);
        store.Publish(blobId, partPath);
        // Gives the lock back, so that the blob can be read before the writer is disposed.
        handle.Dispose();
    }

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != State.Open)
        {
            throw new InvalidOperationException("The writer has ended.");
        }
    }
}
