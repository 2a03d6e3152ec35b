using System.Globalization;
using System.Net;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>
/// A real OpenID Connect issuer for people who do not exist, on a loopback port of its own: in the server's process, and
/// nothing else shared with it. The platform validates its tokens like those of any other issuer (ADR 0007).
/// </summary>
internal sealed class SandboxIssuer(int port, string dataDirectory, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    /// <summary>What the platform is called in the tokens' <c>aud</c>.</summary>
    public const string Audience = "dmp-api";

    /// <summary>A public client for interactive logins with authorisation code and PKCE.</summary>
    public const string AppClient = "dmp-app";

    private static readonly TimeSpan tokenLifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan codeLifetime = TimeSpan.FromMinutes(2);

    private WebApplication? web;

    /// <summary>The <c>iss</c> of its tokens.</summary>
    public static string Authority(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/");

    /// <summary>How the platform is told to trust it: the same settings as for any issuer.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Configuration(int port)
    {
        const string section = "Dmp:Identity:Issuers:sandbox";
        yield return new($"{section}:Name", "sandbox");
        yield return new($"{section}:Validation", "Oidc");
        yield return new($"{section}:Authority", Authority(port));
        yield return new($"{section}:Audience", Audience);
        yield return new($"{section}:KindClaim", Personas.KindClaim);
        yield return new($"{section}:RequireHttpsMetadata", "false");
        foreach (var kind in Enum.GetValues<Access.CallerKind>())
        {
            yield return new($"{section}:CallerKinds:{(int)kind}", kind.ToString());
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, LifetimeOfServer>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddOpenIddict().AddServer(Configure);
        web = builder.Build();
        web.UseAuthentication();
        web.MapGet("/", SandboxPages.Index);
        await web.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (web is not null)
        {
            await web.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (web is not null)
        {
            await web.DisposeAsync();
        }
    }

    private void Configure(OpenIddictServerBuilder server)
    {
        // Clients and users are the personas of the source, so the library's stores have nothing to store.
        server.EnableDegradedMode();
        server.SetIssuer(new Uri(Authority(port)));
        server.SetTokenEndpointUris("connect/token")
            .SetAuthorizationEndpointUris("connect/authorize")
            .SetUserInfoEndpointUris("connect/userinfo");
        server.AllowClientCredentialsFlow().AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
        server.Configure(options =>
        {
            options.CodeChallengeMethods.Clear();
            options.CodeChallengeMethods.Add(OpenIddict.Abstractions.OpenIddictConstants.CodeChallengeMethods.Sha256);
        });
        server.RegisterScopes("profile");
        server.SetAccessTokenLifetime(tokenLifetime).SetAuthorizationCodeLifetime(codeLifetime);
        server.DisableAccessTokenEncryption();
        server.AddSigningKey(SandboxKey.LoadOrCreate(dataDirectory));
        server.AddEphemeralEncryptionKey();
        server.UseAspNetCore().DisableTransportSecurityRequirement();
        server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(SandboxFlows.ValidateTokenRequest));
        server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(SandboxFlows.HandleTokenRequest));
        server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(SandboxFlows.ValidateAuthorizationRequest));
        server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(SandboxFlows.HandleAuthorizationRequestAsync));
        server.AddEventHandler<HandleUserInfoRequestContext>(handler => handler.UseInlineHandler(SandboxFlows.HandleUserInfoRequest));
    }

    /// <summary>Signals are the server's: the issuer lives until the server stops it.</summary>
    private sealed class LifetimeOfServer : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
