using Microsoft.Win32.SafeHandles;

namespace Dmp.Server.Content;

/// <summary>Writes a part file with unbuffered positional writes; memory does not grow with the document.</summary>
internal sealed class DiskContentWriter(DiskContentStore store, Guid contentId, string partPath, SafeFileHandle handle)
    : IContentWriter
{
    private enum State
    {
        Open,
        Failed,
        Committed,
        Disposed,
    }

    private State state;

    public long Length { get; private set; }

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

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        // A failed fsync is final: the kernel may have dropped the dirty pages, and a second fsync would report success.
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

    public ValueTask DisposeAsync()
    {
        if (state == State.Disposed)
        {
            return ValueTask.CompletedTask;
        }

        var committed = state == State.Committed;
        state = State.Disposed;
        try
        {
            if (!committed)
            {
                // Before the handle is closed, so that the part is never seen without its lock.
                File.Delete(partPath);
            }
        }
        catch (Exception exception) when (ContentUnavailableException.IsStorageFailure(exception))
        {
            // Thrown from a dispose this would hide why the upload ended; the sweep removes the part when it has aged.
        }
        finally
        {
            handle.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void Publish()
    {
        RandomAccess.FlushToDisk(handle);
        store.Publish(contentId, partPath);
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
