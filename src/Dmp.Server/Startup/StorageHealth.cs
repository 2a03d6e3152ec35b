using Dmp.Server.Content;
using Dmp.Server.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>Serving means that the database answers and the content store has room to write.</summary>
internal sealed class StorageHealth(Database database, IContentStore content) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.OnConnectionAsync(
                async connection =>
                {
                    await using var command = new NpgsqlCommand("select", connection);
                    await command.ExecuteNonQueryAsync(cancellationToken);
                },
                cancellationToken);
            await content.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or ContentUnavailableException)
        {
            return HealthCheckResult.Unhealthy("The database or the content store does not answer.", failure);
        }
    }
}
