using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dmp.Server.Tests.Identity.Fixtures;

/// <summary>
/// A real OpenID Connect issuer over HTTP on a loopback port: discovery, JWKS, and tokens with whatever header and claims a
/// test needs. It signs by itself, without the library that validates.
/// </summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    public const string DefaultAudience = "https://dmp.example";

    private readonly string path;
    private readonly X509Certificate2? certificate;
    private WebApplication? app;

    private TestIssuer(string path, X509Certificate2? certificate)
    {
        this.path = path;
        this.certificate = certificate;
    }

    public int Port { get; private set; }

    /// <summary>Scheme, host and port.</summary>
    public string Origin => $"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}";

    public string Authority => $"{Origin}{path}";

    /// <summary>The issuer as discovery names it; the authority unless a test says otherwise.</summary>
    public string? DiscoveredIssuer { get; set; }

    /// <summary>The keys that the JWKS publishes. The first one signs.</summary>
    public List<TestKey> Keys { get; } = [new("rsa-1"), new("ec-1", isElliptic: true)];

    /// <summary>How often the keys were fetched.</summary>
    public int Fetches { get; private set; }

    /// <summary>When they were fetched last.</summary>
    public DateTimeOffset LastFetchTime { get; private set; }

    /// <param name="path">Path of the authority, such as <c>/realms/test</c>.</param>
    /// <param name="certificate">Given, the issuer speaks HTTPS.</param>
    public static async Task<TestIssuer> StartAsync(string path = "", X509Certificate2? certificate = null)
    {
        var issuer = new TestIssuer(path, certificate);
        await issuer.ListenAsync();
        return issuer;
    }

    /// <summary>An issuer that owns a port and does not listen yet: see <see cref="ListenAsync"/>.</summary>
    public static async Task<TestIssuer> StoppedAsync()
    {
        var issuer = await StartAsync();
        await issuer.StopAsync();
        return issuer;
    }

    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        app = builder.Build();
        app.MapGet("{**path}", (string? path) => Answer($"/{path}"));
        await app.StartAsync();
        Port = new Uri(app.Urls.Single()).Port;
    }

    public async Task StopAsync()
    {
        if (this.app is { } app)
        {
            this.app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Keys.ForEach(key => key.Dispose());
    }

    /// <summary>
    /// A token of ten minutes for <see cref="DefaultAudience"/>, signed by the first key. <paramref name="claims"/> come on top; a
    /// null value removes a claim. <paramref name="header"/> likewise.
    /// </summary>
    public string Mint(
        IReadOnlyDictionary<string, object?> claims, IReadOnlyDictionary<string, object?>? header = null, TestKey? key = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var signer = key ?? Keys[0];
        var payload = Merge(
            new()
            {
                ["iss"] = Authority,
                ["aud"] = DefaultAudience,
                ["sub"] = "subject-1",
                ["iat"] = now.ToUnixTimeSeconds(),
                ["nbf"] = now.ToUnixTimeSeconds(),
                ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds(),
                ["client_id"] = "test-software",
            },
            claims);
        var head = Merge(
            new() { ["alg"] = signer.Algorithm, ["typ"] = "at+jwt", ["kid"] = signer.Id }, header ?? new Dictionary<string, object?>());
        var signed = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(head))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(payload))}";
        return $"{signed}.{Encode(signer.Sign(Encoding.ASCII.GetBytes(signed), (string?)head.GetValueOrDefault("alg")))}";
    }

    private static Dictionary<string, object?> Merge(Dictionary<string, object?> into, IReadOnlyDictionary<string, object?> from)
    {
        foreach (var (name, value) in from)
        {
            into[name] = value;
        }

        return into.Where(pair => pair.Value is not null).ToDictionary();
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private IResult Answer(string path)
    {
        if (path.EndsWith("/.well-known/openid-configuration", StringComparison.Ordinal))
        {
            return Results.Json(new { issuer = DiscoveredIssuer ?? Authority, jwks_uri = $"{Origin}/jwks" });
        }

        if (path == "/jwks")
        {
            Fetches++;
            LastFetchTime = DateTimeOffset.UtcNow;
            return Results.Json(new { keys = Keys.Select(key => key.ToJwk()) });
        }

        return Results.NotFound();
    }
}

/// <summary>A signing key of a <see cref="TestIssuer"/>: RSA (RS256, PS256) or elliptic (ES256).</summary>
internal sealed class TestKey : IDisposable
{
    private readonly RSA? rsa;
    private readonly ECDsa? elliptic;

    public TestKey(string id, bool isElliptic = false)
    {
        Id = id;
        if (isElliptic)
        {
            elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }
        else
        {
            rsa = RSA.Create(2048);
        }
    }

    public string Id { get; }

    /// <summary>Further members of the published key, such as Entra's <c>issuer</c>.</summary>
    public Dictionary<string, string> Extra { get; } = [];

    public string Algorithm => rsa is null ? "ES256" : "RS256";

    /// <summary>The public key as a PEM text, which an attacker can use as the secret of an HMAC.</summary>
    public string PublicPem => rsa?.ExportSubjectPublicKeyInfoPem() ?? elliptic!.ExportSubjectPublicKeyInfoPem();

    public byte[] Sign(byte[] data, string? algorithm) => algorithm switch
    {
        "none" => [],
        "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(PublicPem), data),
        "PS256" => rsa!.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        _ when rsa is not null => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        _ => elliptic!.SignData(data, HashAlgorithmName.SHA256),
    };

    public Dictionary<string, string> ToJwk()
    {
        var jwk = new Dictionary<string, string>(Extra) { ["kid"] = Id, ["use"] = "sig" };
        if (rsa is not null)
        {
            var key = rsa.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "RSA";
            jwk["n"] = Base64Url.EncodeToString(key.Modulus);
            jwk["e"] = Base64Url.EncodeToString(key.Exponent);
        }
        else
        {
            var key = elliptic!.ExportParameters(includePrivateParameters: false);
            jwk["kty"] = "EC";
            jwk["crv"] = "P-256";
            jwk["x"] = Base64Url.EncodeToString(key.Q.X);
            jwk["y"] = Base64Url.EncodeToString(key.Q.Y);
        }

        return jwk;
    }

    public void Dispose()
    {
        rsa?.Dispose();
        elliptic?.Dispose();
    }
}
