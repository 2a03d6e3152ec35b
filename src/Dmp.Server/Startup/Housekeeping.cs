using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Content;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Events;
using Dmp.Server.Logging;
using Dmp.Server.Notices;
using Dmp.Server.Options;
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

    /// <summary>One pass.</summary>
    public Task SweepOnceAsync(CancellationToken ct) => database.OnConnectionAsync(connection => SweepOnceAsync(connection, ct), ct);

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

    private async Task SweepOnceAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await RowScope.OfTask(RowScope.Housekeeping).ApplyAsync(connection, ct);
        var requests = await RequestLogSql.ForgetAsync(connection, now.AddHours(-access.Value.RequestIdHours), ct);
        var abandoned = await ExpireUploadsAsync(connection, now - uploads.Value.ExpireAfter, ct);

        // A batch at a time: a backlog must not hold one transaction open over all of it.
        while (await AnnouncementSql.RevealAsync(connection, OutboxKind.DocumentRevealed, now, ct) > 0)
        {
        }

        while (await AnnouncementSql.AnnounceAsync(connection, OutboxKind.DocumentAnnounced, now, ct) > 0)
        {
        }

        // A day later than the workers would: after an outage they come first.
        await DeliverySql.GiveUpAsync(connection, now.AddDays(-1), ct);
        await NoticeSql.ForgetAsync(connection, now.AddDays(-notices.Value.KeepDays), ct);
        await NoticeSql.ForgetStepsAsync(connection, ct);
        await AuditSql.AddMonthsAsync(connection, ct);
        await RowScope.OfTask(RowScope.Endings).ApplyAsync(connection, ct);
        await EndingSql.TellAsync(connection, now, ct);
        await RowScope.OfTask(RowScope.Changes).ApplyAsync(connection, ct);
        await ChangeSql.ForgetAsync(connection, now.AddDays(-feed.Value.KeepDays), ct);
        await FeedPositionSql.ForgetAsync(connection, ct);
        if (requests + abandoned > 0)
        {
            ServerLog.Swept(logger, requests, abandoned);
        }
    }

    /// <summary>Rows first: a part without a row is found by the sweep of the content store, a row without a part would only look alive.</summary>
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
