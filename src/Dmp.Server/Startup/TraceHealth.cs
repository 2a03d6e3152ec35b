using Dmp.Server.Audit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dmp.Server.Startup;

/// <summary>Degraded, and still serving, while events are written but the log over them stands still.</summary>
internal sealed class TraceHealth(TraceSequencer sequencer) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(sequencer.Refusal is { } refusal
            ? HealthCheckResult.Degraded($"The log of the trace is not continued: {refusal}")
            : HealthCheckResult.Healthy());
}
