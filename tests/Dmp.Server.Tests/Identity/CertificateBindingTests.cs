using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Tests.Identity.Fixtures;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>Tokens bound to a client certificate (RFC 8705).</summary>
public sealed class CertificateBindingTests : IDisposable
{
    private readonly X509Certificate2 own = Certificate("CN=own");
    private readonly X509Certificate2 other = Certificate("CN=other");

    [Fact]
    public void The_bound_certificate_is_accepted_and_no_other()
    {
        var claims = Claims(new { cnf = Thumbprint(own) });

        CertificateBinding.Require(claims, own, required: true);
        AssertNotBound(claims, other);
        AssertNotBound(claims, null);
    }

    [Fact]
    public void An_unbound_token_is_refused_only_where_binding_is_required()
    {
        var claims = Claims(new { sub = "x" });

        CertificateBinding.Require(claims, null, required: false);
        CertificateBinding.Require(claims, own, required: false);
        AssertNotBound(claims, own, required: true);
    }

    [Theory]
    [InlineData("{\"cnf\":{}}")]
    [InlineData("{\"cnf\":\"text\"}")]
    [InlineData("{\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}}")]
    [InlineData("{\"cnf\":{\"x5t#S256\":\"\"}}")]
    [InlineData("{\"cnf\":{\"x5t#S256\":7}}")]
    [InlineData("{\"cnf\":{\"x5t#S256\":\"AAAA\"}}")]
    [InlineData("{\"cnf\":{\"x5t#S256\":\"+++++++++++++++++++++++++++++++++++++++++++\"}}")]
    [InlineData("{\"cnf\":{\"x5t#S256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}")]
    public void A_binding_that_cannot_be_checked_is_refused(string payload) =>
        AssertNotBound(new TokenClaims(JsonSerializer.Deserialize<JsonElement>(payload)), own);

    [Fact]
    public async Task A_bound_token_over_a_connection_without_certificate_is_refused()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
        await using var strict = await TokenApp.StartAsync(
            [.. TokenApp.Trust(issuer, CallerKind.Operator), ("Identity:Issuers:0:RequireCertificateBinding", "true")]);
        var bound = issuer.Mint(new Dictionary<string, object?> { ["cnf"] = Thumbprint(own) });
        var unbound = issuer.Mint(new Dictionary<string, object?>());

        Assert.Equal(new(TokenRefusalReason.NotBound), (await app.CallAsync(bound, ct)).Refusal);
        Assert.NotNull((await app.CallAsync(unbound, ct)).Caller);
        Assert.Equal(new(TokenRefusalReason.NotBound), (await strict.CallAsync(unbound, ct)).Refusal);
    }

    [Fact]
    public async Task A_bound_token_is_accepted_over_a_connection_with_its_certificate_only()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var issuer = await TestIssuer.StartAsync();
        await using var app = await TokenApp.StartAsync(
            services => services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(
                endpoint => endpoint.UseHttps(this.other, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                }))),
            TokenApp.Trust(issuer, CallerKind.Operator));
        var bound = issuer.Mint(new Dictionary<string, object?> { ["cnf"] = Thumbprint(this.own) });
        using var own = ConnectionWith(this.own);
        using var other = ConnectionWith(this.other);

        Assert.NotNull((await app.CallOverAsync(own, bound, ct)).Caller);
        Assert.Equal(new(TokenRefusalReason.NotBound), (await app.CallOverAsync(other, bound, ct)).Refusal);
    }

    public void Dispose()
    {
        own.Dispose();
        other.Dispose();
    }

    private static void AssertNotBound(TokenClaims claims, X509Certificate2? certificate, bool required = false)
    {
        var refused = Assert.Throws<TokenRefusedException>(() => CertificateBinding.Require(claims, certificate, required));
        Assert.Equal(new(TokenRefusalReason.NotBound), refused.Refusal);
    }

    private HttpClientHandler ConnectionWith(X509Certificate2 certificate) => new()
    {
        ClientCertificates = { certificate },
        ServerCertificateCustomValidationCallback = (_, server, _, _) => server?.Thumbprint == other.Thumbprint,
    };

    private static TokenClaims Claims(object payload) => new(JsonSerializer.SerializeToElement(payload));

    private static Dictionary<string, string> Thumbprint(X509Certificate2 certificate) =>
        new() { ["x5t#S256"] = Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)) };

    internal static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
