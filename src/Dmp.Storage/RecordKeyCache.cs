using Dmp.Storage.Keys;

namespace Dmp.Storage;

/// <summary>Plain keys of records for a bounded time and number. Overwritten when they go, also when nobody asks any more.</summary>
internal sealed class RecordKeyCache : IDisposable
{
    private readonly Dictionary<Guid, Entry> entries = [];

    // In the order of their ends: all live equally long.
    private readonly LinkedList<Guid> order = [];
    private readonly TimeSpan lifetime;
    private readonly int countMax;
    private readonly TimeProvider time;
    private readonly ITimer? timer;

    public RecordKeyCache(TimeSpan lifetime, int countMax, TimeProvider time)
    {
        this.lifetime = lifetime;
        this.countMax = lifetime > TimeSpan.Zero ? countMax : 0;
        this.time = time;
        timer = this.countMax > 0 ? time.CreateTimer(_ => Purge(), null, lifetime, lifetime) : null;
    }

    public int Count
    {
        get
        {
            lock (entries)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>A copy for the caller; null when it is not there.</summary>
    public SecretBytes? Find(Guid recordKeyId)
    {
        lock (entries)
        {
            return entries.TryGetValue(recordKeyId, out var entry) && time.GetElapsedTime(entry.Since) < lifetime
                ? new SecretBytes(entry.Key.Bytes.Span)
                : null;
        }
    }

    /// <summary>Keeps a copy.</summary>
    public void Keep(Guid recordKeyId, SecretBytes key)
    {
        if (countMax == 0)
        {
            return;
        }

        lock (entries)
        {
            Remove(recordKeyId);
            if (entries.Count >= countMax)
            {
                Remove(order.First!.Value);
            }

            entries.Add(
                recordKeyId, new Entry(new SecretBytes(key.Bytes.Span, isPinned: true), time.GetTimestamp(), order.AddLast(recordKeyId)));
        }
    }

    public void Forget(Guid recordKeyId)
    {
        lock (entries)
        {
            Remove(recordKeyId);
        }
    }

    public void Dispose()
    {
        timer?.Dispose();
        lock (entries)
        {
            while (order.First is { } first)
            {
                Remove(first.Value);
            }
        }
    }

    private void Purge()
    {
        lock (entries)
        {
            while (order.First is { } first && time.GetElapsedTime(entries[first.Value].Since) >= lifetime)
            {
                Remove(first.Value);
            }
        }
    }

    private void Remove(Guid recordKeyId)
    {
        if (entries.Remove(recordKeyId, out var entry))
        {
            order.Remove(entry.Place);
            entry.Key.Dispose();
        }
    }

    private sealed record Entry(SecretBytes Key, long Since, LinkedListNode<Guid> Place);
}
