using Dmp.Server.Logging;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>
/// Gives committed changes their place in the order of commits. Every server does it, one at a time (the database sees to that): woken by
/// the commits of its own server, so that a change is told within milliseconds, and every second for what others left.
/// </summary>
internal sealed class ChangeSequencer(Database database, ILogger<ChangeSequencer> logger) : BackgroundService
{
    private static readonly TimeSpan period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Commits that come while one pass runs are taken together by the next.
                var next = database.Committed.Next;
                await SequenceGuardedAsync(stoppingToken);
                await Signal.WaitAsync(next, period, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; what is left is taken by the next one that runs.
        }
    }

    private async Task SequenceGuardedAsync(CancellationToken ct)
    {
        try
        {
            await database.InBatchesAsync(connection => ChangeSql.SequenceAsync(connection, ct), ct);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException)
        {
            // A database that restarts, or a standby that takes no writes, must not end this for the life of the process.
            ServerLog.SequencingFailed(logger, failure);
            await Task.Delay(pause, ct);
        }
    }
}
