using Dmp.Server.Logging;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>
/// Wakes those who wait for changes, on this server, with one connection for all of them. Only a wake-up: what there is to tell is read
/// from the table, and whoever waits also looks by itself from time to time.
/// </summary>
internal sealed class ChangeListener(Database database, ILogger<ChangeListener> logger) : BackgroundService
{
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    /// <summary>Set when there may be more changes than before.</summary>
    public Signal Changed { get; } = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await database.InSessionAsync(connection => ListenAsync(connection, stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException)
            {
                ServerLog.ListeningFailed(logger, failure);
                await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Ends with the connection, or with the server: pools reset nothing, so it must not go back and listen on.
    private async Task<bool> ListenAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        connection.Notification += (_, _) => Changed.Set();
        await using (var listen = new NpgsqlCommand($"listen {ChangeSql.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(ct);
        }

        // Something may have been told while nobody listened.
        Changed.Set();
        while (true)
        {
            await connection.WaitAsync(ct);
        }
    }
}
