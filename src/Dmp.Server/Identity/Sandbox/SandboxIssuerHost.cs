using System.Net;
using System.Security.Cryptography;
using Dmp.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>
/// The sandbox issuer as an application of its own: separate services, pipeline and port. Nothing of it can be reached
/// through the gRPC port, no gRPC service through its port, and the platform's authentication does not change when it runs.
/// </summary>
internal sealed class SandboxIssuerHost(
    int port, string dataDirectory, ILoggerFactory logs, TimeProvider time) : IHostedService, IAsyncDisposable
{
    private RSA? key;
    private WebApplication? app;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var logger = logs.CreateLogger<SandboxIssuerHost>();
        key = SigningKeyFile.LoadOrCreate(dataDirectory, logger);
        app = Build(key);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            throw new StartupRefusedException($"The port {port} of the sandbox issuer (Dmp:Listen:SandboxIssuerPort) is in use.", fault);
        }

        SandboxLog.IssuerStarted(logger, SandboxIssuer.Authority(port));
    }

    public Task StopAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        key?.Dispose();
    }

    private WebApplication Build(RSA key)
    {
        // Empty: neither settings nor addresses meant for the platform may reach the issuer.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());

        // Warnings only, whatever the host's settings say: below that OpenIddict logs whole messages, and userinfo holds an INS.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new HostLog(logs));
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });

        // A page of the Internet whose name resolves to 127.0.0.1 must not be able to ask for tokens.
        builder.Services.AddHostFiltering(hosts => hosts.AllowedHosts = ["127.0.0.1", "localhost"]);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<SpentCodes>();
        builder.Services.AddOpenIddict().AddServer(server => Configure(server, new RsaSecurityKey(key)));

        // Authentication brings Data Protection, which would write keys into the home folder at each start. Nothing here uses it.
        builder.Services.RemoveAll<IHostedService>();

        var app = builder.Build();
        app.UseHostFiltering();
        app.UseAuthentication();
        return app;
    }

    private void Configure(OpenIddictServerBuilder server, RsaSecurityKey key)
    {
        server.SetIssuer(SandboxIssuer.Authority(port))
            .SetAuthorizationEndpointUris(SandboxIssuer.AuthorizationPath)
            .SetTokenEndpointUris(SandboxIssuer.TokenPath)
            .SetUserInfoEndpointUris(SandboxIssuer.UserInfoPath)
            .AllowClientCredentialsFlow()
            .AllowAuthorizationCodeFlow()
            .RequireProofKeyForCodeExchange()
            .RegisterScopes(OpenIddictConstants.Scopes.OpenId)
            .SetAccessTokenLifetime(SandboxIssuer.AccessTokenLifetime)
            .SetAuthorizationCodeLifetime(SandboxIssuer.CodeLifetime)
            .AddSigningKey(key)

            // Codes are encrypted for the issuer itself and need not outlive it: no pair of RSA keys is made at each start.
            .AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)))
            .DisableAccessTokenEncryption()

            // Without a database of clients and tokens: the handlers below decide.
            .EnableDegradedMode()
            .Configure(options =>
            {
                options.TimeProvider = time;
                options.CodeChallengeMethods.Clear();
                options.CodeChallengeMethods.Add(OpenIddictConstants.CodeChallengeMethods.Sha256);
            })
            .AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(TokenRequests.Validate))
            .AddEventHandler<HandleTokenRequestContext>(handler => handler.UseSingletonHandler<TokenRequests>())
            .AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(AuthorizationRequests.Validate))
            .AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(AuthorizationRequests.HandleAsync))
            .AddEventHandler<HandleUserInfoRequestContext>(handler => handler.UseInlineHandler(UserInfoRequests.Handle));

        // Plain HTTP: the port is on loopback, and nowhere else.
        server.UseAspNetCore().DisableTransportSecurityRequirement();
    }

    /// <summary>Hands the issuer's messages to the log of the host, which owns it.</summary>
    private sealed class HostLog(ILoggerFactory logs) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}
