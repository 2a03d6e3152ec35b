using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Events;
using Dmp.Server.Intake;
using Dmp.Server.Logging;
using Dmp.Server.Notices;
using Dmp.Server.Options;
using Dmp.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>
/// Forgets request ids, changes and notices that are old enough and uploads that nobody took up, runs the clocks of announcements, tells
/// what has ended by time and makes the next months of the trace. Several servers may do it at once: each row is deleted by whoever comes
/// first.
/// </summary>
internal sealed class Housekeeping(
    Database database,
    IContentStore content,
    IOptions<AccessOptions> access,
    IOptions<UploadOptions> uploads,
    IOptions<FeedOptions> feed,
    IOptions<NoticeOptions> notices,
    TimeProvider time,
    ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan period = TimeSpan.FromMinutes(5);

    /// <summary>
    /// One pass. Each step runs whatever became of those before it: what is slow or broken in one must not
    /// keep the others from their work for ever. Fails in the end when one of them did.
    /// </summary>
    public async Task SweepOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var failures = new List<Exception>();
        foreach (var step in Steps(now, ct))
        {
            try
            {
                await step();
            }
            catch (Exception failure) when (!ct.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            do
            {
                await SweepGuardedAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>What a pass does. What goes on in batches has a transaction for each of them.</summary>
    private IEnumerable<Func<Task>> Steps(DateTimeOffset now, CancellationToken ct)
    {
        yield return () => SweepUploadsAsync(now, ct);
        yield return () => UntilDoneAsync(
            connection => AnnouncementSql.RevealAsync(connection, OutboxKind.DocumentRevealed, now, ct), ct);
        yield return () => UntilDoneAsync(
            connection => AnnouncementSql.AnnounceAsync(connection, OutboxKind.DocumentAnnounced, now, ct), ct);

        // A day later than the workers would: after an outage they come first.
        yield return () => OnceAsync(connection => DeliverySql.GiveUpAsync(connection, now.AddDays(-1), ct), ct);
        yield return () => OnceAsync(connection => NoticeSql.ForgetAsync(connection, now.AddDays(-notices.Value.KeepDays), ct), ct);
        yield return () => OnceAsync(connection => NoticeSql.ForgetStepsAsync(connection, ct), ct);
        yield return () => OnceAsync(connection => AuditSql.AddMonthsAsync(connection, ct), ct);
        foreach (var tell in EndingSql.Batches)
        {
            yield return () => UntilDoneAsync(connection => tell(connection, now, ct), ct);
        }

        yield return () => OnceAsync(connection => ChangeSql.ForgetAsync(connection, now.AddDays(-feed.Value.KeepDays), ct), ct);
        yield return () => OnceAsync(connection => FeedPositionSql.ForgetAsync(connection, ct), ct);
    }

    private Task OnceAsync(Func<NpgsqlConnection, Task> step, CancellationToken ct) => database.OnConnectionAsync(
        async connection =>
        {
            await RowScope.Sweep.ApplyAsync(connection, ct);
            await step(connection);
        },
        ct);

    private Task<T> OnceAsync<T>(Func<NpgsqlConnection, Task<T>> step, CancellationToken ct) => database.OnConnectionAsync(
        async connection =>
        {
            await RowScope.Sweep.ApplyAsync(connection, ct);
            return await step(connection);
        },
        ct);

    private async Task UntilDoneAsync(Func<NpgsqlConnection, Task<int>> batch, CancellationToken ct)
    {
        while (await OnceAsync(batch, ct) > 0)
        {
        }
    }

    private async Task SweepUploadsAsync(DateTimeOffset now, CancellationToken ct)
    {
        var requests = await OnceAsync(
            connection => RequestLogSql.ForgetAsync(connection, now.AddHours(-access.Value.RequestIdHours), ct), ct);
        var abandoned = await ExpireUploadsAsync(now - uploads.Value.ExpireAfter, ct);
        if (requests + abandoned > 0)
        {
            ServerLog.Swept(logger, requests, abandoned);
        }
    }

    /// <summary>
    /// Rows first: a part without a row is found by the sweep of the content store, a row without a part would only look alive.
    /// </summary>
    private async Task<int> ExpireUploadsAsync(DateTimeOffset before, CancellationToken ct)
    {
        var count = 0;
        while (await OnceAsync(connection => UnfinishedUploadSql.DeleteExpiredAsync(connection, before, ct), ct)
            is { Count: > 0 } contentIds)
        {
            foreach (var contentId in contentIds)
            {
                await content.DeletePartAsync(contentId, ct);
            }

            count += contentIds.Count;
        }

        return count;
    }

    private async Task SweepGuardedAsync(CancellationToken ct)
    {
        try
        {
            await SweepOnceAsync(ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // A database that restarts must not end this for the life of the process.
            ServerLog.SweepFailed(logger, failure);
        }
    }
}
