using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dmp.Storage;

/// <summary>
/// Answers which of these content ids any row refers to, whatever the state of the row: an uncommitted upload counts from
/// its commit, a deleted document as long as its bytes must be kept. Must fail rather than answer a partial set.
/// </summary>
public delegate Task<IReadOnlySet<Guid>> FindReferencedContent(
    IReadOnlyList<Guid> contentIds, CancellationToken cancellationToken);

/// <summary>What one sweep did.</summary>
public readonly record struct SweepResult(int PartsDeleted, long BlobsChecked, int OrphansDeleted);

/// <summary>
/// Removes the bytes of uploads that never became a document: parts whose writer vanished, and blobs committed to the
/// store whose database transaction did not follow.
/// </summary>
public sealed class ContentSweeper(
    IContentStore store,
    FindReferencedContent findReferenced,
    IOptions<ContentOptions> options,
    TimeProvider time,
    ILogger<ContentSweeper> logger) : BackgroundService
{
    internal const int BatchSize = 500;

    /// <summary>
    /// Orphans are rare and spread evenly over the directories. This many blobs in a row without one reference means the
    /// store and the database do not belong together (a wrong directory, a database restored empty), and then deleting
    /// would destroy the documents of a whole installation.
    /// </summary>
    internal const int UnreferencedInARowMax = 100;

    /// <summary>One pass over the store. Stops at the first failure; what it had found so far is deleted.</summary>
    public async Task<SweepResult> SweepOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var partsDeleted = await store.DeleteAbandonedAsync(now - options.Value.PartAgeMax, cancellationToken);
        var blobsChecked = 0L;
        var orphansDeleted = 0;
        var oldest = now - options.Value.OrphanAgeMin;
        var batch = new List<Guid>(BatchSize);
        await foreach (var stored in store.ListAsync(cancellationToken))
        {
            if (stored.LastWriteTime >= oldest)
            {
                continue;
            }

            batch.Add(stored.ContentId);
            if (batch.Count == BatchSize)
            {
                orphansDeleted += await DeleteOrphansAsync(batch, cancellationToken);
                blobsChecked += batch.Count;
                batch.Clear();
            }
        }

        orphansDeleted += await DeleteOrphansAsync(batch, cancellationToken);
        blobsChecked += batch.Count;
        logger.Swept(partsDeleted, blobsChecked, orphansDeleted);
        return new SweepResult(partsDeleted, blobsChecked, orphansDeleted);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the next start sweeps what is left.
        }
    }

    private async Task SweepGuardedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SweepOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A full disk or a database that restarts must not end sweeping for the life of the process.
            logger.SweepFailed(exception);
        }
    }

    private async Task<int> DeleteOrphansAsync(List<Guid> batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return 0;
        }

        var referenced = await findReferenced(batch, cancellationToken);
        var orphans = batch.FindAll(id => !referenced.Contains(id));
        if (orphans.Count == batch.Count && orphans.Count >= UnreferencedInARowMax)
        {
            throw new InvalidOperationException(
                $"None of {batch.Count} blobs has a row. The content directory and the database seem not to belong together; "
                + "nothing more is deleted.");
        }

        foreach (var orphan in orphans)
        {
            await store.DeleteAsync(orphan, cancellationToken);
            logger.OrphanDeleted(orphan);
        }

        return orphans.Count;
    }
}
