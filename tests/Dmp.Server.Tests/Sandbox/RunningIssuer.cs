using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dmp.Server.Identity.Sandbox;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

/// <summary>The sandbox issuer on a free port, started the way the server starts it.</summary>
internal sealed class RunningIssuer : IAsyncDisposable
{
    private readonly IHost host;

    private RunningIssuer(IHost host, int port)
    {
        this.host = host;
        Authority = SandboxIssuer.Authority(port);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Authority };
    }

    public Uri Authority { get; }

    /// <summary>Follows no redirects: they are what the tests look at.</summary>
    public HttpClient Http { get; }

    public static async Task<RunningIssuer> StartAsync(
        string dataDirectory, CancellationToken ct, TimeProvider? time = null, int? port = null, ILoggerProvider? log = null)
    {
        var chosen = port ?? TestServer.FreePort();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        if (log is not null)
        {
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        }

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSandboxIssuer(chosen, dataDirectory);
        var host = builder.Build();
        await host.StartAsync(ct);
        return new RunningIssuer(host, chosen);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    public async Task<HttpResponseMessage> PostTokenAsync(CancellationToken ct, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await Http.PostAsync(SandboxIssuer.TokenPath, content, ct);
    }

    public Task<HttpResponseMessage> PostCredentialsAsync(string clientId, string secret, CancellationToken ct) => PostTokenAsync(
        ct, ("grant_type", "client_credentials"), ("client_id", clientId), ("client_secret", secret));

    public async Task<string> TokenOfAsync(string persona, CancellationToken ct)
    {
        using var response = await PostCredentialsAsync(persona, SandboxIssuer.Secret, ct);
        var answer = await JsonOfAsync(response, ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return answer.GetProperty("access_token").GetString()!;
    }

    public async Task<HttpResponseMessage> GetUserInfoAsync(string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, SandboxIssuer.UserInfoPath);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Http.SendAsync(request, ct);
    }

    /// <summary>Checks a token with the published keys as a resource server does, and returns its payload.</summary>
    public async Task<JsonElement> VerifyAsync(string token, CancellationToken ct)
    {
        var keys = new JsonWebKeySet(await Http.GetStringAsync(".well-known/jwks", ct));
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Authority.AbsoluteUri,
            ValidAudience = SandboxIssuer.Audience,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = ["RS256"],
            IssuerSigningKeys = keys.GetSigningKeys(),
        });
        Assert.True(result.IsValid, result.Exception?.Message);
        return JsonSerializer.Deserialize<JsonElement>(Base64UrlEncoder.Decode(((JsonWebToken)result.SecurityToken).EncodedPayload));
    }

    public static async Task<JsonElement> JsonOfAsync(HttpResponseMessage response, CancellationToken ct) =>
        await response.Content.ReadFromJsonAsync<JsonElement>(ct);
}

/// <summary>One issuer for the tests that only ask it.</summary>
public sealed class IssuerFixture : IAsyncLifetime
{
    private readonly string dataDirectory = Directory.CreateTempSubdirectory("dmp-issuer-").FullName;

    internal RunningIssuer Issuer { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Issuer = await RunningIssuer.StartAsync(dataDirectory, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Issuer.DisposeAsync();
        Directory.Delete(dataDirectory, recursive: true);
    }
}
