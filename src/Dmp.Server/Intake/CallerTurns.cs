using System.Collections.Concurrent;
using Dmp.Storage;

namespace Dmp.Server.Intake;

/// <summary>
/// Uploads by calls of their own share transactions too, those of one caller: whoever is complete while others are being committed waits
/// for the next transaction and shares it. A lonely upload is not delayed, and a hospital that sends by many streams pays for few
/// transactions.
/// </summary>
internal sealed class UploadQueues
{
    /// <summary>Most uploads of one transaction.</summary>
    private const int BatchMax = 64;

    private readonly ConcurrentDictionary<string, UploadQueue> queues = new(StringComparer.Ordinal);

    /// <summary>
    /// Answers when <paramref name="commit"/> has concluded the upload, alone or with others. It is given no token of any call: one
    /// caller that leaves must not take the others along.
    /// </summary>
    public async Task CommitAsync(UploadArrival upload, Func<IReadOnlyList<UploadArrival>, Task> commit)
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
        private readonly SharedTurns<UploadArrival> turns = new(_ => 1, BatchMax);
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

        public Task CommitAsync(UploadArrival upload, Func<IReadOnlyList<UploadArrival>, Task> commit) =>
            turns.ServeAsync([upload], commit);

        public void Dispose() => turns.Dispose();
    }
}
