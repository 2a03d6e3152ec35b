using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ListenOptions = Dmp.Server.Options.ListenOptions;

namespace Dmp.Server.Startup;

/// <summary>
/// A port for load balancers and service managers that do not speak gRPC: HTTP/1.1, two paths, a status and no content. An application of
/// its own, so that nothing else can be reached through it.
/// </summary>
internal sealed class ProbeHost(
    ListenOptions listen, int port, HealthCheckService health, IHostApplicationLifetime lifetime,
    ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    private const int ConnectionsMax = 100;
    private const int HeaderBytesMax = 16 * 1024;

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(15);

    private WebApplication? app;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        app = Build();
        return app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private WebApplication Build()
    {
        // Empty: no setting or address meant for the platform reaches this port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
        builder.Services.Replace(ServiceDescriptor.Singleton(logs));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
            kestrel.Limits.RequestHeadersTimeout = patience;
            kestrel.Limits.KeepAliveTimeout = patience;
            kestrel.Listen(IPAddress.Parse(listen.ProbeAddress), port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var made = builder.Build();
        made.Run(AnswerAsync);
        return made;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = http.Request.Path.Value switch
        {
            "/livez" or "/readyz" when !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) =>
                StatusCodes.Status405MethodNotAllowed,
            "/livez" => StatusCodes.Status200OK,
            "/readyz" => await IsReadyAsync(http.RequestAborted) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status404NotFound,
        };
    }

    private async Task<bool> IsReadyAsync(CancellationToken ct) =>
        lifetime.ApplicationStarted.IsCancellationRequested
        && !lifetime.ApplicationStopping.IsCancellationRequested
        && await health.IsReadyAsync(ct);
}
