using System.Buffers;

namespace Dmp.Storage;

/// <summary>
/// Collects a piece in memory and stores it when it is full. What fits one piece becomes a single object at the commit, and nothing of
/// it is in the bucket before. The buffer grows with the blob, up to one piece.
/// </summary>
internal sealed class S3ContentWriter(S3ContentStore store, S3Upload upload, S3Manifest taken) : IContentWriter
{
    private const int FirstBufferBytes = 64 * 1024;

    private enum State
    {
        Open,
        Failed,

        /// <summary>The caller went in the middle of an append. What the buffer holds is good.</summary>
        Interrupted,
        Committed,
        Discarded,
        Disposed,
    }

    private readonly List<S3Piece> pieces = [.. taken.Pieces];
    private State state;
    private long settled = taken.Length;
    private byte[]? buffer;
    private int buffered;

    // The stored copy of what the buffer begins with.
    private S3Piece? tail;
    private S3ContentReader? reader;

    public long Length { get; private set; } = taken.Length;

    public long PersistedLength => settled + (tail?.Length ?? 0);

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        try
        {
            for (var rest = chunk; rest.Length > 0;)
            {
                if (buffered == store.PieceBytes)
                {
                    await StoreTailAsync(cancellationToken);
                    SettleTail();
                }

                var count = Math.Min(rest.Length, store.PieceBytes - buffered);
                rest.Span[..count].CopyTo(Room(count));
                buffered += count;
                rest = rest[count..];
            }
        }
        catch (OperationCanceledException)
        {
            state = State.Interrupted;
            throw;
        }

        Length += chunk.Length;
        state = State.Open;
    }

    public async Task<long> FlushAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        try
        {
            await StoreTailAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            state = State.Interrupted;
            throw;
        }

        if (buffered >= store.FlushedPieceBytes)
        {
            SettleTail();
        }

        state = State.Open;
        return Length;
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        RequireOpen();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var read = 0;
        if (offset < settled)
        {
            if (reader?.Length != settled)
            {
                await DisposeReaderAsync();
                reader = new S3ContentReader(store.Bucket, store.ExtentsOf(upload.BlobId, new S3Manifest(pieces)));
            }

            read = await reader!.ReadAsync(offset, destination, cancellationToken);
        }

        var begin = offset + read - settled;
        if (begin >= 0 && begin < buffered)
        {
            var count = (int)Math.Min(destination.Length - read, buffered - begin);
            buffer.AsSpan((int)begin, count).CopyTo(destination.Span[read..]);
            read += count;
        }

        return read;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        // What is in the bucket after a failure, nobody knows.
        state = State.Failed;
        if (pieces.Count == 0)
        {
            await upload.CommitAsync(buffer ?? [], buffered);
        }
        else
        {
            await StoreTailAsync(CancellationToken.None);
            SettleTail();
            await upload.CommitAsync(new S3Manifest(pieces));
        }

        state = State.Committed;
        await ReleaseAsync();
    }

    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        if (state is State.Discarded or State.Disposed or State.Committed)
        {
            return;
        }

        state = State.Discarded;
        try
        {
            await upload.DiscardAsync(cancellationToken);
        }
        catch (ContentUnavailableException failure)
        {
            // Thrown from here this would hide why the upload ended; the sweep removes the part when it has aged.
            store.TellLeftover(upload.BlobId, failure);
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (state == State.Disposed)
        {
            return;
        }

        var isLeft = state is State.Open or State.Interrupted;
        state = State.Disposed;
        try
        {
            if (isLeft)
            {
                await upload.BeginAsync(CancellationToken.None);
                await StoreTailAsync(CancellationToken.None);
            }
        }
        catch (ContentUnavailableException failure)
        {
            // Whoever takes the blob up begins further in front.
            store.TellLeftover(upload.BlobId, failure);
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    /// <summary>The piece that is being collected goes to the bucket as far as it goes.</summary>
    private async Task StoreTailAsync(CancellationToken cancellationToken)
    {
        if (buffered > 0 && tail?.Length != buffered)
        {
            tail = await upload.StoreAsync(settled, buffer!, buffered, cancellationToken);
        }
    }

    /// <summary>The stored piece is full enough; another one begins.</summary>
    private void SettleTail()
    {
        if (tail is { } piece)
        {
            pieces.Add(piece);
            settled += piece.Length;
            tail = null;
            buffered = 0;
        }
    }

    private Span<byte> Room(int count)
    {
        if (buffer is null || buffer.Length < buffered + count)
        {
            var wanted = Math.Clamp(
                2 * buffered, Math.Max(FirstBufferBytes, buffered + count), Math.Max(FirstBufferBytes, store.PieceBytes));
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            if (buffer is { } old)
            {
                old.AsSpan(0, buffered).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(old);
            }

            buffer = larger;
        }

        return buffer.AsSpan(buffered);
    }

    private async Task ReleaseAsync()
    {
        if (buffer is { } rented)
        {
            buffer = null;
            buffered = 0;
            ArrayPool<byte>.Shared.Return(rented);
        }

        await DisposeReaderAsync();
        store.Release(upload.BlobId, this);
    }

    private async Task DisposeReaderAsync()
    {
        if (reader is { } open)
        {
            reader = null;
            await open.DisposeAsync();
        }
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
