using System.Collections.Concurrent;

namespace Dmp.Server.Documents;

/// <summary>
/// Uploads by calls of their own share transactions too, those of one caller: whoever is complete while others are being committed waits for the
/// next transaction and shares it. A lonely upload is not delayed, and a hospital that sends by many streams pays for few transactions.
/// </summary>
internal sealed class UploadQueues
{
    /// <summary>Most uploads of one transaction.</summary>
    private const int BatchMax = 64;

    private readonly ConcurrentDictionary<string, UploadQueue> queues = new(StringComparer.Ordinal);

    /// <summary>
    /// Answers when <paramref name="commit"/> has concluded the upload, alone or with others. It is given no token of any call: one caller that
    /// leaves must not take the others along.
    /// </summary>
    public async Task CommitAsync(CompleteUpload upload, Func<IReadOnlyList<CompleteUpload>, Task> commit)
    {
        var key = upload.Call.Caller.Key;
        while (true)
        {
            var queue = queues.GetOrAdd(key, _ => new UploadQueue());
            if (!queue.TryEnter())
            {
                // The last one just left it.
                continue;
            }

            try
            {
                await queue.CommitAsync(upload, commit);
                return;
            }
            finally
            {
                if (queue.Leave())
                {
                    queues.TryRemove(new KeyValuePair<string, UploadQueue>(key, queue));
                    queue.Dispose();
                }
            }
        }
    }

    private sealed class UploadQueue : IDisposable
    {
        // Two: one transaction is decided while the other waits for the disk.
        private readonly SemaphoreSlim lanes = new(2);
        private readonly ConcurrentQueue<Entry> waiting = new();
        private readonly Lock gate = new();
        private int users;

        public bool TryEnter()
        {
            lock (gate)
            {
                if (users < 0)
                {
                    return false;
                }

                users++;
                return true;
            }
        }

        /// <summary>True for the last one: nobody enters any more.</summary>
        public bool Leave()
        {
            lock (gate)
            {
                if (--users > 0)
                {
                    return false;
                }

                users = -1;
                return true;
            }
        }

        public void Dispose() => lanes.Dispose();

        public async Task CommitAsync(CompleteUpload upload, Func<IReadOnlyList<CompleteUpload>, Task> commit)
        {
            var own = new Entry(upload);
            waiting.Enqueue(own);

            // First in, first out: each turn takes those that came before this one, and then this one.
            while (!own.IsTaken)
            {
                await lanes.WaitAsync();
                try
                {
                    if (!own.IsTaken)
                    {
                        await CommitAsync(commit);
                    }
                }
                finally
                {
                    lanes.Release();
                }
            }

            await own.Concluded.Task;
        }

        private async Task CommitAsync(Func<IReadOnlyList<CompleteUpload>, Task> commit)
        {
            var batch = new List<Entry>();
            while (batch.Count < BatchMax && waiting.TryDequeue(out var next))
            {
                next.IsTaken = true;
                batch.Add(next);
            }

            try
            {
                await commit([.. batch.Select(entry => entry.Upload)]);
                batch.ForEach(entry => entry.Concluded.TrySetResult());
            }
            catch (Exception failure)
            {
                // Told to each that waits, and so to this one too.
                batch.ForEach(entry => entry.Concluded.TrySetException(failure));
            }
        }
    }

    private sealed class Entry(CompleteUpload upload)
    {
        private volatile bool isTaken;

        public CompleteUpload Upload => upload;

        public bool IsTaken
        {
            get => isTaken;
            set => isTaken = value;
        }

        public TaskCompletionSource Concluded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
