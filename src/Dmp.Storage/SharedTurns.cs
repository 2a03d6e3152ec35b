using System.Collections.Concurrent;

namespace Dmp.Storage;

/// <summary>
/// Work that costs almost the same for many as for one, such as a flush of the disk or a transaction: whoever comes while others are being
/// served waits for the next turn and shares it. Who comes alone waits for nobody. A turn takes items until they weigh
/// <paramref name="weightMax"/> together.
/// </summary>
public sealed class SharedTurns<T>(Func<T, int> weight, int weightMax) : IDisposable
{
    // Two: one turn is prepared while the other waits for the disk.
    private readonly SemaphoreSlim lanes = new(2);
    private readonly ConcurrentQueue<Entry> waiting = new();

    /// <summary>
    /// Ends when <paramref name="serve"/> has served all items, alone or with those of others; whoever has the turn brings it, so it must
    /// be the same for all. What it throws is told to everybody in the turn. Not to be cancelled: one caller that leaves must not take the
    /// others along.
    /// </summary>
    public async Task ServeAsync(IReadOnlyList<T> items, Func<IReadOnlyList<T>, Task> serve)
    {
        Entry[] own = [.. items.Select(item => new Entry(item))];
        foreach (var entry in own)
        {
            waiting.Enqueue(entry);
        }

        // First in, first out: once the last one is taken, all are.
        while (own.Length > 0 && !own[^1].IsTaken)
        {
            await lanes.WaitAsync();
            try
            {
                if (!own[^1].IsTaken)
                {
                    await ServeTurnAsync(serve);
                }
            }
            finally
            {
                lanes.Release();
            }
        }

        await Task.WhenAll(own.Select(entry => entry.Served.Task));
    }

    public void Dispose() => lanes.Dispose();

    private async Task ServeTurnAsync(Func<IReadOnlyList<T>, Task> serve)
    {
        var turn = new List<Entry>();
        for (var taken = 0; taken < weightMax && waiting.TryDequeue(out var next); taken += weight(next.Item))
        {
            next.IsTaken = true;
            turn.Add(next);
        }

        if (turn.Count == 0)
        {
            return;
        }

        try
        {
            await serve([.. turn.Select(entry => entry.Item)]);
            turn.ForEach(entry => entry.Served.TrySetResult());
        }
        catch (Exception failure)
        {
            // Told to each that waits, and so to this one too.
            turn.ForEach(entry => entry.Served.TrySetException(failure));
        }
    }

    private sealed class Entry(T item)
    {
        private volatile bool isTaken;

        public T Item => item;

        public bool IsTaken
        {
            get => isTaken;
            set => isTaken = value;
        }

        public TaskCompletionSource Served { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
