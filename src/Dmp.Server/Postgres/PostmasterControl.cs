using System.Globalization;

namespace Dmp.Server.Postgres;

/// <summary>Starts, finds and stops the postmaster of one cluster.</summary>
internal sealed class PostmasterControl(
    ClusterFiles files, PostgresAccount account, PostgresBinaries binaries, bool durable, TimeProvider time, ILogger logger)
{
    // Recovery after a crash replays at most a few checkpoints' worth of changes; minutes on a slow disk.
    private static readonly TimeSpan recoveryLimit = TimeSpan.FromMinutes(15);

    // Children of a killed postmaster end with their current statement.
    private static readonly TimeSpan retryLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan stopLimit = TimeSpan.FromSeconds(60);

    /// <summary>What PostgreSQL says when it may start a moment later.</summary>
    private static readonly string[] passing =
    [
        "is still in use", // shared memory, by children of the killed postmaster
        "already exists", // postmaster.pid, of one that is just ending
        "could not bind", // a loopback port that somebody took first
        "could not create any TCP/IP sockets",
    ];

    /// <summary>Returns the running postmaster; starts one when there is none.</summary>
    /// <param name="endpoint">Where a started one must listen; null leaves the choice, once per attempt.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<Postmaster> EnsureRunningAsync(PostgresEndpoint? endpoint, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            if (Postmaster.Read(files.Cluster) is { } found && found.IsAlive())
            {
                if (found.IsReady)
                {
                    return found;
                }

                if (time.GetElapsedTime(begin) > recoveryLimit)
                {
                    throw new ManagedPostgresException(
                        $"PostgreSQL (process {found.Pid}) is not ready after {recoveryLimit}. Its log is in {files.Log}.");
                }

                await Task.Delay(pause, time, cancellationToken);
                continue;
            }

            if (await StartAsync(endpoint ?? PostgresConfiguration.ChooseEndpoint(files), cancellationToken) is { } reason)
            {
                if (time.GetElapsedTime(begin) > retryLimit || !passing.Any(text => reason.Contains(text, StringComparison.Ordinal)))
                {
                    throw new ManagedPostgresException($"PostgreSQL does not start. Its log is in {files.Log}. {reason}");
                }

                PostgresLog.StartPostponed(logger, reason);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Ends it in order: transactions are rolled back, everything is written, the next start needs no recovery.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Postmaster.Read(files.Cluster)?.IsAlive() != true)
        {
            return;
        }

        var answer = await StopAsync("fast", cancellationToken);
        if (answer.ExitCode != 0 && Postmaster.Read(files.Cluster)?.IsAlive() == true)
        {
            PostgresLog.StopForced(logger, stopLimit.TotalSeconds);
            answer = await StopAsync("immediate", cancellationToken);
        }

        if (answer.ExitCode != 0 && Postmaster.Read(files.Cluster)?.IsAlive() == true)
        {
            throw new ManagedPostgresException($"PostgreSQL does not stop: {answer.Output}");
        }

        PostgresLog.Stopped(logger);
    }

    /// <summary>Null when it runs, else why not.</summary>
    private async Task<string?> StartAsync(PostgresEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (Postmaster.Read(files.Cluster) is { } stale)
        {
            if (stale.IsAlive())
            {
                return "postmaster.pid already exists";
            }

            Postmaster.Forget(files.Cluster);
            PostgresLog.StalePidRemoved(logger, stale.Pid);
        }

        PostgresConfiguration.Write(files, endpoint, durable);
        File.Delete(files.StartLog);

        // pg_ctl and not a child process of ours: it gives PostgreSQL its own session, so that Ctrl-C at the server's
        // terminal does not end the database before the last calls have been answered.
        var options = $"-c config_file={ShellQuoted(files.Configuration)}";
        var answer = await account.RunAsync(
            binaries.PgCtl,
            ["start", "--silent", "--wait", $"--pgdata={files.Cluster}", $"--log={files.StartLog}", $"--options={options}"],
            cancellationToken);
        if (answer.ExitCode == 0)
        {
            return null;
        }

        return $"{answer.Output} {await ReadLogAsync(cancellationToken)}".ReplaceLineEndings(" ").Trim();
    }

    /// <summary>The last lines of both logs: PostgreSQL may give up before or after it opens its own.</summary>
    private async Task<string> ReadLogAsync(CancellationToken cancellationToken)
    {
        string[] own = Directory.Exists(files.Log)
            ? [.. Directory.GetFiles(files.Log).OrderByDescending(File.GetLastWriteTimeUtc).Take(1)]
            : [];
        // Read under PostgreSQL's account: in its folder a file may be a link to anything.
        var tail = await account.RunAsync("tail", ["--quiet", "--lines=5", files.StartLog, .. own], cancellationToken);
        return tail.Output;
    }

    private Task<OsAnswer> StopAsync(string mode, CancellationToken cancellationToken) => account.RunAsync(
        binaries.PgCtl,
        [
            "stop", "--silent", "--wait", $"--pgdata={files.Cluster}", $"--mode={mode}",
            string.Create(CultureInfo.InvariantCulture, $"--timeout={(int)stopLimit.TotalSeconds}"),
        ],
        cancellationToken);

    private static string ShellQuoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
