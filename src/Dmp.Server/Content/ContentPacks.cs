using System.Collections.Concurrent;

namespace Dmp.Server.Content;

/// <summary>Where bytes lie in the content store.</summary>
internal readonly record struct ContentPlace(Guid BlobId, long Offset);

/// <summary>
/// Makes small contents durable together (ADR 0016). One file each would cost a flush of the disk each, and that is what limits a node
/// that takes in small documents. Whoever comes while a blob is being written waits for the next one and shares it: a lonely content is
/// not delayed, and under load one flush serves many.
/// </summary>
internal sealed class ContentPacks(IContentStore store, TimeProvider time) : IDisposable
{
    /// <summary>A blob takes no more than this, so that a reader or a copy of it stays cheap.</summary>
    private const int PackBytesMax = 8 * 1024 * 1024;

    private readonly ConcurrentQueue<Entry> waiting = new();

    // Two: one is filled while the disk flushes the other.
    private readonly SemaphoreSlim lanes = new(2);

    /// <summary>
    /// Answers when the contents are durable, where each of them lies. Contents of one call may share blobs with those of others.
    /// </summary>
    /// <exception cref="ContentUnavailableException">None of them may be relied on.</exception>
    public async Task<IReadOnlyList<ContentPlace>> AddAsync(IReadOnlyList<ReadOnlyMemory<byte>> contents, CancellationToken cancellationToken)
    {
        var entries = contents.Select(content => new Entry(content)).ToArray();
        foreach (var entry in entries)
        {
            waiting.Enqueue(entry);
        }

        try
        {
            // The queue is first in, first out: once the last one is taken, all are.
            while (entries[^1].IsWaiting)
            {
                await lanes.WaitAsync(cancellationToken);
                try
                {
                    if (entries[^1].IsWaiting)
                    {
                        await WriteAsync();
                    }
                }
                finally
                {
                    lanes.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The caller's buffers are the caller's again: what nobody has begun to write must not be read any more, and what is being
            // written must be waited for.
            foreach (var entry in entries)
            {
                if (!entry.TryGiveUp())
                {
                    await ((Task)entry.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            throw;
        }

        return await Task.WhenAll(entries.Select(entry => entry.Task));
    }

    public void Dispose() => lanes.Dispose();

    /// <summary>Writes what waits into one blob. Never throws: each entry is told.</summary>
    private async Task WriteAsync()
    {
        var taken = Take();
        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            var blobId = Guid.CreateVersion7(time.GetUtcNow());
            await using var writer = await store.CreateAsync(blobId, CancellationToken.None);
            try
            {
                var offsets = new long[taken.Count];
                for (var i = 0; i < taken.Count; i++)
                {
                    offsets[i] = writer.Length;
                    await writer.AppendAsync(taken[i].Content, CancellationToken.None);
                }

                await writer.CommitAsync(CancellationToken.None);
                for (var i = 0; i < taken.Count; i++)
                {
                    taken[i].Conclude(new ContentPlace(blobId, offsets[i]));
                }
            }
            finally
            {
                // Nothing to do once it is committed.
                await writer.DiscardAsync(CancellationToken.None);
            }
        }
        catch (Exception failure)
        {
            // Told to everybody who waits for it, and so to every call: the one that happens to write has no more to do with it than others.
            taken.ForEach(entry => entry.Fail(failure));
        }
    }

    private List<Entry> Take()
    {
        var taken = new List<Entry>();
        var bytes = 0;
        while (bytes < PackBytesMax && waiting.TryDequeue(out var entry))
        {
            if (entry.TryTake())
            {
                taken.Add(entry);
                bytes += entry.Content.Length;
            }
        }

        return taken;
    }

    private sealed class Entry(ReadOnlyMemory<byte> content)
    {
        private const int Waiting = 0;
        private const int Taken = 1;
        private const int GivenUp = 2;

        private readonly TaskCompletionSource<ContentPlace> place = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int state;

        public ReadOnlyMemory<byte> Content => content;

        public Task<ContentPlace> Task => place.Task;

        public bool IsWaiting => Volatile.Read(ref state) == Waiting;

        public bool TryTake() => Interlocked.CompareExchange(ref state, Taken, Waiting) == Waiting;

        public bool TryGiveUp() => Interlocked.CompareExchange(ref state, GivenUp, Waiting) == Waiting;

        public void Conclude(ContentPlace at) => place.TrySetResult(at);

        public void Fail(Exception failure) => place.TrySetException(failure);
    }
}
