using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>
/// Delivers notices, at least once each. A few workers for each way, so that a way that hangs holds no other one up. A worker
/// takes a delivery for a time; when it dies in between, another one takes it after that. All servers share the work.
/// </summary>
internal sealed class NoticeDeliverer(
    Database database,
    NoticeMaker maker,
    NoticeChannelList channels,
    IOptions<NoticeOptions> options,
    TimeProvider time,
    ILogger<NoticeDeliverer> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            channels.Ways.SelectMany(way => Enumerable.Range(0, options.Value.Concurrency).Select(_ => WorkAsync(way, stoppingToken))));

    private async Task WorkAsync(NoticeWay way, CancellationToken ct)
    {
        INoticeSender? sender = null;
        try
        {
            while (true)
            {
                var next = maker.Made.Next;
                switch (await DeliverGuardedAsync(way, sender ??= channels.Open(way), ct))
                {
                    case null:
                        // A connection is not kept for what may come.
                        await sender.DisposeAsync();
                        sender = null;
                        await Signal.WaitAsync(next, options.Value.PollInterval, ct);
                        break;
                    case NoticeDeliveryFailure.Unreachable:
                        // While the other side is down, all that waits must not use up its attempts.
                        await Task.Delay(NoticeRules.PauseAfter(1, Random.Shared.NextDouble(), options.Value), ct);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The server stops; what it had taken is due again when the lease ends.
        }
        finally
        {
            if (sender is not null)
            {
                await sender.DisposeAsync();
            }
        }
    }

    private async Task<NoticeDeliveryFailure?> DeliverGuardedAsync(NoticeWay way, INoticeSender sender, CancellationToken ct)
    {
        try
        {
            return await DeliverOnceAsync(way, sender, ct);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // A database that restarts must not end this for the life of the process.
            NoticeLog.DeliveringFailed(logger, failure);
            return null;
        }
    }

    /// <summary>One attempt; null when nothing is due. No connection to the database is held while the other side is waited for.</summary>
    private async Task<NoticeDeliveryFailure?> DeliverOnceAsync(NoticeWay way, INoticeSender sender, CancellationToken ct)
    {
        if (await database.OnConnectionAsync(connection => ClaimAsync(connection, way, ct), ct) is not var (claimed, content))
        {
            return null;
        }

        var result = await AttemptAsync(sender, content, ct);
        var now = time.GetUtcNow();
        var nextAttempt = now + NoticeRules.PauseAfter(claimed.Attempts, Random.Shared.NextDouble(), options.Value);
        var state = NoticeRules.StateAfter(result, nextAttempt, claimed.GiveUpTime);

        // What was delivered is written down even while the server stops: it would be delivered again.
        await database.OnConnectionAsync(
            connection => DeliverySql.FinishAsync(
                connection, claimed, way, state, result.Failure, nextAttempt, now, CancellationToken.None),
            CancellationToken.None);
        if (state == NoticeDeliveryState.Dead)
        {
            NoticeLog.GivenUp(logger, claimed.NoticeId, way.Channel.ToString(), way.Target, result.Failure.ToString());
        }

        return result.Failure;
    }

    private async Task<(ClaimedDelivery Claimed, NoticeContent Content)?> ClaimAsync(
        NpgsqlConnection connection, NoticeWay way, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return await DeliverySql.ClaimAsync(connection, way, now, now + options.Value.Lease, ct) is { } claimed
            ? (claimed, await DeliverySql.FindContentAsync(connection, claimed, ct))
            : null;
    }

    private async Task<AttemptResult> AttemptAsync(INoticeSender sender, NoticeContent content, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Value.Timeout);
        try
        {
            var result = await sender.SendAsync(content, limit.Token);
            if (result != AttemptResult.Delivered)
            {
                // A server that stops has not been let down by the other side.
                ct.ThrowIfCancellationRequested();
            }

            return result;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new AttemptResult(NoticeDeliveryFailure.Unreachable);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Not foreseen. Its text may hold an address, so it is not logged; the other notices go on.
            NoticeLog.AttemptBroke(logger, content.NoticeId, failure.GetType().Name);
            return new AttemptResult(NoticeDeliveryFailure.Internal);
        }
    }
}
