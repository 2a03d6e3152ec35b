using Dmp.Server.Calls;
using Grpc.AspNetCore.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dmp.Server.Startup;

/// <summary>Which names the gRPC health service knows, and what stands behind each (docs/running.md).</summary>
internal static class HealthSetup
{
    /// <summary>Serving while the process runs and answers, whatever becomes of its storage.</summary>
    public const string Liveness = "liveness";

    /// <summary>The same as the empty name, which is the server as a whole.</summary>
    public const string Readiness = "readiness";

    private const string Process = "process";

    private static readonly TimeSpan period = TimeSpan.FromSeconds(10);

    public static void AddDmpHealth(this IServiceCollection services)
    {
        services.AddSingleton<StorageHealth>();
        services.AddHealthChecks()
            .AddCheck<StorageHealth>("storage")
            .AddCheck<TraceHealth>("trace")
            .AddCheck(Process, () => HealthCheckResult.Healthy());
        services.AddGrpcHealthChecks(options =>
        {
            // No service of the contract works without the storage, so they are not told apart.
            options.Services.Clear();
            foreach (var name in OfferedServices.All.Select(service => service.FullName).Append(Readiness).Append(""))
            {
                options.Services.Map(name, IsReadiness);
            }

            options.Services.Map(Liveness, check => !IsReadiness(check));
        });
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = period;
        });
    }

    /// <summary>Whether the server can do its work now.</summary>
    public static async Task<bool> IsReadyAsync(this HealthCheckService health, CancellationToken ct) =>
        (await health.CheckHealthAsync(check => check.Name != Process, ct)).Status != HealthStatus.Unhealthy;

    private static bool IsReadiness(HealthCheckMapContext check) => check.Name != Process;
}
