using System.Collections.Concurrent;
using System.Net;
using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Dmp.Server.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Xunit;

namespace Dmp.Server.Tests.Identity.Fixtures;

/// <summary>What became of a token: the caller, or why it was refused.</summary>
internal sealed record TokenOutcome(Caller? Caller, TokenRefusal? Refusal);

/// <summary>
/// A real Kestrel application with the authentication of the server. Its endpoint does what the access gate does first, and keeps
/// the outcome for the test.
/// </summary>
internal sealed class TokenApp : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http;
    private readonly ConcurrentQueue<TokenOutcome> outcomes;
    private readonly FakeLoggerProvider log;

    private TokenApp(WebApplication app, ConcurrentQueue<TokenOutcome> outcomes, FakeLoggerProvider log)
    {
        this.app = app;
        this.outcomes = outcomes;
        this.log = log;
        http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <summary>Everything that was logged, of every level.</summary>
    public string Log => string.Join('\n', log.Collector.GetSnapshot().Select(line => $"{line.Message} {line.Exception}"));

    /// <param name="settings">Configuration below <c>Dmp</c>, such as <c>Identity:Issuers:0:Name</c>; the last one of a name
    /// counts.</param>
    public static Task<TokenApp> StartAsync(params IEnumerable<(string Key, string Value)> settings) => StartAsync(_ => { }, settings);

    /// <param name="configure">Further services.</param>
    /// <param name="settings">As above.</param>
    public static async Task<TokenApp> StartAsync(
        Action<IServiceCollection> configure, params IEnumerable<(string Key, string Value)> settings)
    {
        var outcomes = new ConcurrentQueue<TokenOutcome>();
        var log = new FakeLoggerProvider();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        foreach (var (key, value) in settings)
        {
            builder.Configuration[$"Dmp:{key}"] = value;
        }

        configure(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddOptions<RealmOptions>().Bind(builder.Configuration.GetSection(RealmOptions.Section));
        builder.Services.AddDmpAuthentication(builder.Configuration);
        var app = builder.Build();
        app.Run(async http =>
        {
            var (token, refused) = await http.RequestServices.GetRequiredService<VerifiedTokens>().VerifyAsync(http);
            outcomes.Enqueue(new(token?.Caller, refused is null ? null : TokenRefusal.Of(refused)));
        });
        await app.StartAsync();
        return new TokenApp(app, outcomes, log);
    }

    /// <summary>The settings of a plain issuer on loopback.</summary>
    public static IEnumerable<(string Key, string Value)> Trust(TestIssuer issuer, params CallerKind[] kinds)
    {
        const string prefix = "Identity:Issuers:0";
        yield return ($"{prefix}:Name", "test");
        yield return ($"{prefix}:Authority", issuer.Authority);
        yield return ($"{prefix}:Audience", TestIssuer.DefaultAudience);
        yield return ($"{prefix}:RequireHttpsMetadata", "false");
        for (var i = 0; i < kinds.Length; i++)
        {
            yield return ($"{prefix}:CallerKinds:{i}", kinds[i].ToString());
        }
    }

    /// <summary>Calls with a bearer token.</summary>
    public Task<TokenOutcome> CallAsync(string token, CancellationToken ct) => CallWithHeadersAsync(ct, $"Bearer {token}");

    /// <summary>Calls with a bearer token over a connection of the caller's making.</summary>
    public async Task<TokenOutcome> CallOverAsync(HttpMessageHandler connection, string token, CancellationToken ct)
    {
        using var http = new HttpClient(connection, disposeHandler: false) { BaseAddress = this.http.BaseAddress };
        return await SendAsync(http, ct, $"Bearer {token}");
    }

    /// <summary>Calls with these <c>authorization</c> headers, whatever they hold.</summary>
    public Task<TokenOutcome> CallWithHeadersAsync(CancellationToken ct, params string[] authorization) =>
        SendAsync(http, ct, authorization);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task<TokenOutcome> SendAsync(HttpClient http, CancellationToken ct, params string[] authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        foreach (var value in authorization)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Authorization", value));
        }

        using var response = await http.SendAsync(request, ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(outcomes.TryDequeue(out var outcome));
        return outcome;
    }
}
