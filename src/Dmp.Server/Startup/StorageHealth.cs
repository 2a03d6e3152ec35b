using Dmp.Server.Logging;
using Dmp.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>
/// Serving means that what an upload needs can be written: a byte to the content store, flushed, and a commit to the database. Tried at
/// most once a second, however many ask, and never waited for longer than the limits, so that the answer comes also when the other side is
/// frozen.
/// </summary>
internal sealed class StorageHealth : IHealthCheck, IAsyncDisposable
{
    /// <summary>The database answers within this.</summary>
    public static readonly TimeSpan DatabaseLimit = TimeSpan.FromSeconds(2);

    /// <summary>Longer: a disk that is busy with uploads takes its time for a flush, and a bucket for a request.</summary>
    private static readonly TimeSpan contentLimit = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource source;
    private readonly SharedCheck databaseCheck;
    private readonly SharedCheck contentCheck;
    private readonly IHostApplicationLifetime lifetime;
    private readonly ILogger<StorageHealth> logger;
    private string? told;

    public StorageHealth(
        DatabaseSetup database, IContentStore content, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StorageHealth> logger)
    {
        // A connection of its own: a server whose connections are all at work is busy and not ill.
        source = database.CreateHealthSource(DatabaseLimit);
        databaseCheck = new SharedCheck(TryDatabaseAsync, DatabaseLimit, time);
        contentCheck = new SharedCheck(content.CheckAsync, contentLimit, time);
        this.lifetime = lifetime;
        this.logger = logger;
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The server stops.");
        }

        var (database, content) = (databaseCheck.FaultAsync(), contentCheck.FaultAsync());
        string?[] faults =
        [
            await database.WaitAsync(cancellationToken) is { } one ? $"The database cannot be written to ({Name(one)})." : null,
            await content.WaitAsync(cancellationToken) is { } other ? $"The content store cannot be written to ({Name(other)})." : null,
        ];
        var fault = string.Join(' ', faults.OfType<string>());
        TellChange(fault);
        return fault.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(fault);
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task TryDatabaseAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        if (!await HealthSql.WriteAsync(connection, ct))
        {
            throw new InvalidOperationException("read-only");
        }
    }

    /// <summary>What an operator needs to know of the failure. Never its text, which may repeat paths and values.</summary>
    private static string Name(Exception failure) => failure switch
    {
        TimeoutException or OperationCanceledException => "no answer in time",
        PostgresException refused => $"SQLSTATE {refused.SqlState}",
        NpgsqlException { InnerException: TimeoutException or OperationCanceledException } => "no answer in time",
        NpgsqlException => "no connection",
        InvalidOperationException { Message: "read-only" } => "it is a standby or read-only",
        ContentUnavailableException { InnerException: IOException cause } => cause.Message.Contains("No space", StringComparison.Ordinal)
            ? "no space left" : cause.GetType().Name,
        { InnerException: { } cause } => cause.GetType().Name,
        _ => failure.GetType().Name,
    };

    private void TellChange(string fault)
    {
        if (Interlocked.Exchange(ref told, fault) is var before && before != fault)
        {
            if (fault.Length > 0)
            {
                ServerLog.NotServing(logger, fault);
            }
            else if (before is not null)
            {
                ServerLog.ServingAgain(logger);
            }
        }
    }
}
