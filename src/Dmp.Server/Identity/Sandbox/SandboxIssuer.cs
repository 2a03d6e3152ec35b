using Dmp.Server.Calls;
using Dmp.Server.Options;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>The names under which the sandbox issuer is known, and its registration.</summary>
internal static class SandboxIssuer
{
    /// <summary>Audience of the access tokens.</summary>
    public const string Audience = "dmp-api";

    /// <summary>The public client for applications with a user (authorization code with PKCE).</summary>
    public const string AppClientId = "dmp-app";

    /// <summary>Secret of every persona. Public and worthless: the issuer is on loopback and knows only people who do not exist.</summary>
    public const string Secret = "sandbox";

    public const string AuthorizationPath = "connect/authorize";
    public const string TokenPath = "connect/token";
    public const string UserInfoPath = "connect/userinfo";

    public static readonly TimeSpan AccessTokenLifetime = TimeSpan.FromMinutes(15);

    public static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(2);

    /// <summary>The issuer's identifier, claim <c>iss</c>.</summary>
    public static Uri Authority(int port) => new($"http://127.0.0.1:{port}/");

    /// <summary>How the platform is told to accept its tokens: with the settings of any other issuer.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Configuration(int port)
    {
        const string section = "Dmp:Identity:Issuers:sandbox";
        yield return new($"{section}:Name", "sandbox");
        yield return new($"{section}:Validation", nameof(TokenValidation.Oidc));
        yield return new($"{section}:Authority", Authority(port).ToString());
        yield return new($"{section}:Audience", Audience);
        yield return new($"{section}:KindClaim", "dmp_kind");
        yield return new($"{section}:RequireHttpsMetadata", "false");
        foreach (var kind in Enum.GetValues<CallerKind>())
        {
            yield return new($"{section}:CallerKinds:{(int)kind}", kind.ToString());
        }
    }

    /// <summary>
    /// Runs the issuer in this process from the start of the host to its end. It listens before the host's own server does,
    /// on a port of its own, and shares nothing with the host but the log and the clock.
    /// </summary>
    public static IServiceCollection AddSandboxIssuer(this IServiceCollection services, int port, string dataDirectory) =>
        services.AddHostedService(host => new SandboxIssuerHost(
            port,
            dataDirectory,
            host.GetRequiredService<ILoggerFactory>(),
            host.GetService<TimeProvider>() ?? TimeProvider.System));
}
