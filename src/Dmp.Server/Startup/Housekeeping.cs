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
    /// One pass. Each step has a connection of its own and runs whatever became of those before it: what is slow or broken in one must not
    /// keep the others from their work for ever. Fails in the end when one of them did.
    /// </summary>
    public async Task SweepOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var failures = new List<Exception>();
        foreach (var (task, step) in Steps(now, ct))
        {
            try
            {
                await database.OnConnectionAsync(
                    async connection =>
                    {
                        await RowScope.OfTask(task).ApplyAsync(connection, ct);
                        await step(connection);
                    },
                    ct);
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

    /// <summary>What a pass does, each with the task that its connection is for. What goes on in batches holds no transaction over all of
    /// them.</summary>
    private IEnumerable<(string Task, Func<NpgsqlConnection, Task> Step)> Steps(DateTimeOffset now, CancellationToken ct)
    {
        yield return (RowScope.Housekeeping, connection => SweepUploadsAsync(connection, now, ct));
        yield return (RowScope.Housekeeping, connection => UntilDoneAsync(
            () => AnnouncementSql.RevealAsync(connection, OutboxKind.DocumentRevealed, now, ct)));
        yield return (RowScope.Housekeeping, connection => UntilDoneAsync(
            () => AnnouncementSql.AnnounceAsync(connection, OutboxKind.DocumentAnnounced, now, ct)));

        // A day later than the workers would: after an outage they come first.
        yield return (RowScope.Housekeeping, connection => DeliverySql.GiveUpAsync(connection, now.AddDays(-1), ct));
        yield return (RowScope.Housekeeping, connection => NoticeSql.ForgetAsync(connection, now.AddDays(-notices.Value.KeepDays), ct));
        yield return (RowScope.Housekeeping, connection => NoticeSql.ForgetStepsAsync(connection, ct));
        yield return (RowScope.Housekeeping, connection => AuditSql.AddMonthsAsync(connection, ct));
        foreach (var tell in EndingSql.Batches)
        {
            yield return (RowScope.Endings, connection => UntilDoneAsync(() => tell(connection, now, ct)));
        }

        yield return (RowScope.Changes, connection => ChangeSql.ForgetAsync(connection, now.AddDays(-feed.Value.KeepDays), ct));
        yield return (RowScope.Changes, connection => FeedPositionSql.ForgetAsync(connection, ct));
    }

    private static async Task UntilDoneAsync(Func<Task<int>> batch)
    {
        while (await batch() > 0)
        {
        }
    }

    private async Task SweepUploadsAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct)
    {
        var requests = await RequestLogSql.ForgetAsync(connection, now.AddHours(-access.Value.RequestIdHours), ct);
        var abandoned = await ExpireUploadsAsync(connection, now - uploads.Value.ExpireAfter, ct);
        if (requests + abandoned > 0)
        {
            ServerLog.Swept(logger, requests, abandoned);
        }
    }

    /// <summary>
    /// Rows first: a part without a row is found by the sweep of the content store, a row without a part would only look alive.
    /// </summary>
    private async Task<int> ExpireUploadsAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct)
    {
        var count = 0;
        while (await UnfinishedUploadSql.DeleteExpiredAsync(connection, before, ct) is { Count: > 0 } contentIds)
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
