using Dmp.Facts.V1;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Dmp.Storage;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Facts;

/// <summary>
/// Reads what documents state, soon after they came. Versions are taken for a time; when the server dies in between, another one takes
/// each of them after that, by itself. All servers share the work, and what one makes is written only while it is still its own.
/// </summary>
internal sealed class FactMaker(
    Database database,
    VersionReader reader,
    ChangeListener changes,
    FactCounts counts,
    IOptions<FactOptions> options,
    TimeProvider time,
    ILogger<FactMaker> logger) : BackgroundService
{
    /// <summary>Grows with each change of what is read or how it is written.</summary>
    public const int Reader = 4;

    /// <summary>After so many a document that ends servers, or cannot be read, is given up.</summary>
    private const int AttemptsMax = 5;

    /// <summary>What was read of several documents is kept until they are written together, no more than this and one of them.</summary>
    private const int BytesKeptMax = 1024 * 1024;

    private readonly Signal found = new();

    private static readonly TimeSpan pollInterval = TimeSpan.FromSeconds(1);

    // Longer than a reading takes at the most: a minute for facts and half of one for words (FactLimits, TextLimits), but for the steps of
    // a PDF that cannot be stopped; those are left after four minutes (VersionReader).
    private static readonly TimeSpan lease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan pauseMin = TimeSpan.FromSeconds(5);

    // Documents that were taken together wait no longer for one of them, so that even the last of sixteen is read within the lease. A
    // mebibyte of them takes a tenth of this.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    /// <summary>So that new documents are read beside calls, and calls beside them.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var workers = options.Value.Workers;
        return Task.WhenAll(Enumerable.Range(0, workers).Select(worker => WorkAsync(worker, workers, stoppingToken)));
    }

    /// <summary>The first two look whether something came; the others are woken when something did.</summary>
    private async Task WorkAsync(int worker, int workers, CancellationToken ct)
    {
        var looks = worker < 2;
        var signal = looks ? changes.Changed : found;

        // Of several the first one reads small documents alone, so that none of them waits until large ones are read.
        var turns = worker == 0 && workers > 1 ? FactTurns.OfSmall : FactTurns.OfBoth;
        try
        {
            while (true)
            {
                var next = signal.Next;
                if (!await ReadNextGuardedAsync(turns, ct))
                {
                    await Signal.WaitAsync(next, looks ? pollInterval : lease, ct);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>False when nothing is due, or when it is better to wait a little.</summary>
    private async Task<bool> ReadNextGuardedAsync(FactTurns turns, CancellationToken ct)
    {
        try
        {
            foreach (var queue in turns.Next)
            {
                var begin = time.GetTimestamp();
                var (claimed, places) = await ClaimAsync(queue, ct);
                if (claimed.Count > 0)
                {
                    found.Set();
                    await ReadAsync(claimed, places, ct);
                    turns.Took(queue, time.GetElapsedTime(begin));
                    return true;
                }
            }

            return false;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // A database that restarts must not end this for the life of the process.
            FactLog.LookingFailed(logger, failure);
            return false;
        }
    }

    private async Task<(IReadOnlyList<ClaimedReading>, IReadOnlyDictionary<(Guid, int), ReadingPlace>)> ClaimAsync(
        FactQueue queue, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var (claimed, places) = await database.OnConnectionAsync(
            async connection =>
            {
                var due = await FactQueueSql.ClaimAsync(connection, queue, now, now + lease, ct);
                return (due, due.Count == 0
                    ? new Dictionary<(Guid, int), ReadingPlace>()
                    : await FactQueueSql.FindPlacesAsync(connection, due, ct));
            },
            ct);
        counts.Lag(queue, claimed.Count == 0 ? TimeSpan.Zero : now - claimed[0].DueTime);
        return (claimed, places);
    }

    /// <summary>
    /// One after the other. However this ends, what was read is written, and what was not begun is left to others at once.
    /// </summary>
    private async Task ReadAsync(
        IReadOnlyList<ClaimedReading> claimed, IReadOnlyDictionary<(Guid, int), ReadingPlace> places, CancellationToken ct)
    {
        List<FinishedReading> kept = [];
        Queue<ClaimedReading> left = new(claimed);
        try
        {
            while (left.TryDequeue(out var next))
            {
                var one = ReadGuardedAsync(next, places[(next.DocumentId, next.Version)], ct);
                if (kept.Count + left.Count > 0 && !await IsSoonAsync(one))
                {
                    await LetGoAsync(kept, left);
                }

                if (await one is { } finished)
                {
                    kept.Add(finished);
                }

                if (kept.Sum(reading => (long)reading.Bytes) > BytesKeptMax)
                {
                    await WriteAsync(kept);
                }
            }
        }
        finally
        {
            await LetGoAsync(kept, left);
        }
    }

    /// <summary>Whether it ends before others should wait no longer. How it ends is seen when it is awaited.</summary>
    private async Task<bool> IsSoonAsync(Task one)
    {
        await one.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return one.IsCompleted;
    }

    private async Task LetGoAsync(List<FinishedReading> kept, Queue<ClaimedReading> left)
    {
        try
        {
            await WriteAsync(kept);
        }
        finally
        {
            if (left.Count > 0)
            {
                // With their places in the queue.
                await PostponeAsync([.. left.Select(one => (one, one.DueTime))], isCounted: false);
                left.Clear();
            }
        }
    }

    /// <summary>
    /// Nothing that a document holds stops the others; what is no fault of its own costs it no attempt. Null when it is already told what
    /// became of it.
    /// </summary>
    private async Task<FinishedReading?> ReadGuardedAsync(ClaimedReading claimed, ReadingPlace place, CancellationToken ct)
    {
        try
        {
            if (claimed.Attempts > AttemptsMax)
            {
                await GiveUpAsync(claimed);
                return null;
            }

            return await reader.ReadAsync(claimed, place, ct);
        }
        catch (ContentErasedException)
        {
            return new FinishedReading { Claimed = claimed, State = DocumentFactsState.Erased };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // A server that stops in peace lets others go on at once.
            await PostponeAsync([(claimed, claimed.DueTime)], isCounted: false);
            throw;
        }
        catch (Exception absent) when (Errors.StorageFailures.IsAbsence(absent))
        {
            await PostponeAsync([(claimed, time.GetUtcNow() + pauseMin)], isCounted: false);
            throw;
        }
        catch (Exception failure)
        {
            // Its text may hold words of the document.
            FactLog.ReadingFailed(logger, failure.GetType().Name, claimed.DocumentId, claimed.Version, claimed.Attempts);
            if (claimed.Attempts < AttemptsMax)
            {
                await PostponeAsync([(claimed, time.GetUtcNow() + (pauseMin * Math.Pow(2, claimed.Attempts)))], isCounted: true);
            }
            else
            {
                await GiveUpAsync(claimed);
            }

            return null;
        }
    }

    // These are written down even while the server stops: it would be done again.

    /// <summary>
    /// Writes what was read, together. What the database refuses costs each of them an attempt: they are taken one by one after that, and
    /// the one that is refused is found.
    /// </summary>
    private async Task WriteAsync(List<FinishedReading> kept)
    {
        if (kept.Count == 0)
        {
            return;
        }

        FinishedReading[] finished = [.. kept];
        kept.Clear();
        try
        {
            foreach (var state in await database.OnConnectionAsync(
                connection => FactQueueSql.FinishAsync(connection, finished, Reader), CancellationToken.None))
            {
                counts.Finished(state);
            }
        }
        catch (Exception failure)
        {
            FactLog.WritingFailed(logger, finished.Length, failure);
            var later = time.GetUtcNow() + pauseMin;
            await PostponeAsync([.. finished.Select(one => (one.Claimed, later))], isCounted: true);
        }
    }

    private Task PostponeAsync(IReadOnlyList<(ClaimedReading Claimed, DateTimeOffset DueTime)> left, bool isCounted) =>
        database.OnConnectionAsync(connection => FactQueueSql.PostponeAsync(connection, left, isCounted), CancellationToken.None);

    private async Task GiveUpAsync(ClaimedReading claimed)
    {
        FactLog.GivenUp(logger, claimed.DocumentId, claimed.Version);
        if (await database.OnConnectionAsync(connection => FactQueueSql.GiveUpAsync(connection, claimed), CancellationToken.None))
        {
            counts.Finished(DocumentFactsState.Failed);
        }
    }
}
