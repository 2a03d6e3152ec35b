namespace Dmp.Server.Postgres;

/// <summary>Messages of the server's own PostgreSQL. Event ids 3000 to 3099.</summary>
internal static partial class PostgresLog
{
    [LoggerMessage(3000, LogLevel.Information, "Creating the database cluster {Cluster} with PostgreSQL {Major}, as user {User}")]
    public static partial void ClusterCreating(ILogger logger, string cluster, int major, string user);

    [LoggerMessage(3001, LogLevel.Warning, "Removing {Folder}, left by an initdb that did not finish")]
    public static partial void HalfMadeClusterRemoved(ILogger logger, string folder);

    [LoggerMessage(3002, LogLevel.Information, "PostgreSQL {Major} runs as process {Pid}, reached at {Host} port {Port}")]
    public static partial void Started(ILogger logger, int major, int pid, string host, int port);

    [LoggerMessage(3003, LogLevel.Information, "Took over the running PostgreSQL, process {Pid}")]
    public static partial void TakenOver(ILogger logger, int pid);

    [LoggerMessage(3004, LogLevel.Error, "PostgreSQL, process {Pid}, is gone; starting it again")]
    public static partial void Gone(ILogger logger, int pid);

    [LoggerMessage(3005, LogLevel.Error, "PostgreSQL does not start; trying again in {DelaySeconds} s")]
    public static partial void RestartFailed(ILogger logger, double delaySeconds, Exception failure);

    [LoggerMessage(3006, LogLevel.Information, "PostgreSQL stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(3007, LogLevel.Warning, "PostgreSQL did not stop in {Seconds} s; stopping it at once, the next start recovers")]
    public static partial void StopForced(ILogger logger, double seconds);

    [LoggerMessage(3008, LogLevel.Information, "PostgreSQL is not ready for a start yet, trying again: {Reason}")]
    public static partial void StartPostponed(ILogger logger, string reason);

    [LoggerMessage(3009, LogLevel.Warning, "Removed a stale postmaster.pid; process {Pid} is not PostgreSQL")]
    public static partial void StalePidRemoved(ILogger logger, int pid);

    [LoggerMessage(3010, LogLevel.Warning, "PostgreSQL runs without durable settings: commits may be lost when the machine stops")]
    public static partial void NotDurable(ILogger logger);

    [LoggerMessage(3011, LogLevel.Information, "PostgreSQL runs again, process {Pid}")]
    public static partial void Restarted(ILogger logger, int pid);
}
