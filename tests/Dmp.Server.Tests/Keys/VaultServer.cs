using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Dmp.Storage.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dmp.Server.Tests.Keys;

/// <summary>
/// The part of the REST interface of Azure Key Vault that is used, over HTTPS, with keys that really wrap: RSA-OAEP-256, and A256KW
/// for symmetric ones. It answers errors in the vault's words and can be told to fail.
/// </summary>
internal sealed class VaultServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (RSA? Rsa, Aes? Aes, long Created)> keys = new(StringComparer.Ordinal);
    private readonly WebApplication app;
    private long clock = 1_700_000_000;

    private VaultServer(WebApplication app) => this.app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Requests as <c>METHOD path</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Answers this many requests with a status before it serves again.</summary>
    public (int Status, int Count) Failing { get; set; }

    /// <summary>Where the next page of a listing leads; null is here.</summary>
    public string? NextLink { get; set; }

    public static async Task<VaultServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(Certificate())));
        VaultServer server = new(builder.Build());
        server.app.Run(server.ServeAsync);
        await server.app.StartAsync();
        server.Address = new Uri(server.app.Urls.First());
        return server;
    }

    /// <summary>A client of it. The certificate of the server is nobody's, the token is a test's.</summary>
    public KeyVaultMasterKeys Client(string keyType = "RSA", string token = "good") => new(
        new KeyVaultOptions { Vault = Address, KeyName = "dmp-master", KeyType = keyType, KeyBits = 2048 },
        new FixedCredential(token),
        new HttpClientTransport(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        }));

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Trim('/').Split('/');
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (context.Request.Headers.Authorization != "Bearer good")
        {
            await FailAsync(context, 401, "Unauthorized");
        }
        else if (Failing is { Count: > 0 } failing)
        {
            Failing = failing with { Count = failing.Count - 1 };
            await FailAsync(context, failing.Status, "ServiceUnavailable");
        }
        else if (context.Request.Query["api-version"] != "7.4")
        {
            await FailAsync(context, 400, "BadParameter");
        }
        else
        {
            await (path switch
            {
                ["keys", var name, "create"] => CreateAsync(context, name),
                ["keys", var name, "versions"] => ListAsync(context, name),
                ["keys", var name, var version, "wrapkey"] => OperateAsync(context, $"{name}/{version}", isWrap: true),
                ["keys", var name, var version, "unwrapkey"] => OperateAsync(context, $"{name}/{version}", isWrap: false),
                _ => FailAsync(context, 404, "NotFound"),
            });
        }
    }

    private async Task CreateAsync(HttpContext context, string name)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!;
        var isSymmetric = (string?)body["kty"] == "oct-HSM";
        var id = $"{name}/{Guid.NewGuid():N}";
        keys[id] = (isSymmetric ? null : RSA.Create((int)body["key_size"]!), isSymmetric ? Aes.Create() : null, clock++);
        await context.Response.WriteAsJsonAsync(
            new { key = new { kid = Kid(id), kty = (string?)body["kty"] }, attributes = new { enabled = true } });
    }

    private async Task ListAsync(HttpContext context, string name)
    {
        var all = keys.Where(key => key.Key.StartsWith(name + "/", StringComparison.Ordinal))
            .OrderBy(key => key.Key, StringComparer.Ordinal).ToList();
        if (all.Count == 0)
        {
            await FailAsync(context, 404, "KeyNotFound");
            return;
        }

        // Pages of two, as a vault has pages of 25.
        var skip = int.TryParse(context.Request.Query["$skiptoken"], out var from) ? from : 0;
        var next = skip + 2 < all.Count
            ? $"{NextLink ?? Address.ToString().TrimEnd('/')}/keys/{name}/versions?api-version=7.4&$skiptoken={skip + 2}"
            : null;
        await context.Response.WriteAsJsonAsync(new
        {
            value = all.Skip(skip).Take(2)
                .Select(key => new { kid = Kid(key.Key), attributes = new { enabled = true, created = key.Value.Created } }),
            nextLink = next,
        });
    }

    private async Task OperateAsync(HttpContext context, string id, bool isWrap)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!;
        if (!keys.TryGetValue(id, out var key))
        {
            await FailAsync(context, 404, "KeyNotFound");
            return;
        }

        try
        {
            var value = Base64Url.DecodeFromChars((string)body["value"]!);
            var result = ((string?)body["alg"], isWrap) switch
            {
                ("RSA-OAEP-256", true) => key.Rsa!.Encrypt(value, RSAEncryptionPadding.OaepSHA256),
                ("RSA-OAEP-256", false) => key.Rsa!.Decrypt(value, RSAEncryptionPadding.OaepSHA256),
                ("A256KW", true) => key.Aes!.EncryptKeyWrapPadded(value),
                ("A256KW", false) => key.Aes!.DecryptKeyWrapPadded(value),
                _ => throw new CryptographicException(),
            };
            await context.Response.WriteAsJsonAsync(new { kid = Kid(id), value = Base64Url.EncodeToString(result) });
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            await FailAsync(context, 400, "BadParameter");
        }
    }

    private string Kid(string id) => $"{Address.ToString().TrimEnd('/')}/keys/{id}";

    private static async Task FailAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { error = new { code, message = "from the test" } }));
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=vault", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(token, DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
