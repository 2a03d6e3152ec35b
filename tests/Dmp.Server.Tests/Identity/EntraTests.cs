using System.Security.Cryptography.X509Certificates;
using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Tests.Identity.Fixtures;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Identity.Web;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>The scheme of Microsoft.Identity.Web, with its validators, against an issuer that answers as a tenant of Entra does.</summary>
public sealed class EntraTests : IAsyncLifetime
{
    private const string Tenant = "11111111-2222-3333-4444-555555555555";
    private const string OtherTenant = "99999999-2222-3333-4444-555555555555";

    private X509Certificate2 certificate = null!;
    private TestIssuer issuer = null!;
    private TokenApp app = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        certificate = CertificateBindingTests.Certificate("CN=127.0.0.1");
        issuer = await TestIssuer.StartAsync($"/{Tenant}/v2.0", certificate);
        issuer.Keys.ForEach(key => key.Extra["issuer"] = issuer.Authority);
        app = await TokenApp.StartAsync(
            services =>
            {
                // The library's validator of issuers insists on HTTPS; its two clients trust the certificate of this test.
                services.AddHttpClient(nameof(EntraTests)).ConfigurePrimaryHttpMessageHandler(TrustingHandler);
                services.Configure<AadIssuerValidatorOptions>(options => options.HttpClientName = nameof(EntraTests));
                services.ConfigureAll<JwtBearerOptions>(jwt => jwt.BackchannelHttpHandler = TrustingHandler());
            },
            ("Identity:Issuers:0:Name", "entra"),
            ("Identity:Issuers:0:Validation", "Entra"),
            ("Identity:Issuers:0:Authority", issuer.Origin),
            ("Identity:Issuers:0:TenantId", Tenant),
            ("Identity:Issuers:0:ClientId", "66666666-7777-8888-9999-000000000000"),
            ("Identity:Issuers:0:Audience", TestIssuer.DefaultAudience),
            ("Identity:Issuers:0:CallerKinds:0", "Operator"),
            ("Identity:Issuers:0:CallerKinds:1", "Auditor"),
            ("Identity:Issuers:0:RoleKinds:Dmp.Operator", "Operator"),
            ("Identity:Issuers:0:RoleKinds:Dmp.Auditor", "Auditor"));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await issuer.DisposeAsync();
        certificate.Dispose();
    }

    [Theory]
    [InlineData("Dmp.Operator", CallerKind.Operator)]
    [InlineData("Dmp.Auditor", CallerKind.Auditor)]
    internal async Task An_application_role_decides_the_kind(string role, CallerKind kind)
    {
        var outcome = await CallAsync(["Other.Role", role]);

        Assert.Null(outcome.Refusal);
        Assert.Equal(kind, outcome.Caller!.Kind);
        Assert.Contains(role, outcome.Caller.Roles);
    }

    [Fact]
    public async Task Without_one_known_role_a_token_is_refused()
    {
        Assert.Equal(new(TokenRefusalReason.ClaimMissing, "roles"), (await CallAsync(null)).Refusal);
        Assert.Equal(new(TokenRefusalReason.ClaimInvalid, "roles"), (await CallAsync(["Other.Role"])).Refusal);
        Assert.Equal(new(TokenRefusalReason.ClaimInvalid, "roles"), (await CallAsync(["Dmp.Operator", "Dmp.Auditor"])).Refusal);
    }

    [Fact]
    public async Task Another_audience_or_tenant_is_refused()
    {
        Assert.Equal(
            new(TokenRefusalReason.WrongAudience), (await CallAsync(["Dmp.Operator"], ("aud", "https://other.example"))).Refusal);
        Assert.Equal(
            new(TokenRefusalReason.UnknownIssuer), (await CallAsync(["Dmp.Operator"], ("tid", OtherTenant))).Refusal);
        Assert.Equal(
            new(TokenRefusalReason.UnknownIssuer),
            (await CallAsync(["Dmp.Operator"], ("iss", $"{issuer.Origin}/{OtherTenant}/v2.0"))).Refusal);
    }

    [Fact]
    public async Task A_key_of_another_tenant_is_refused()
    {
        issuer.Keys.ForEach(key => key.Extra["issuer"] = $"{issuer.Origin}/{OtherTenant}/v2.0");

        Assert.Equal(new(TokenRefusalReason.UnknownIssuer), (await CallAsync(["Dmp.Operator"])).Refusal);
    }

    [Fact]
    public async Task An_issuer_that_is_down_is_unavailable()
    {
        await issuer.StopAsync();

        Assert.Equal(new(TokenRefusalReason.IssuerUnavailable), (await CallAsync(["Dmp.Operator"])).Refusal);
    }

    private HttpClientHandler TrustingHandler() => new()
    {
        ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate?.Thumbprint == this.certificate.Thumbprint,
    };

    private Task<TokenOutcome> CallAsync(string[]? roles, params (string Name, object? Value)[] claims)
    {
        var all = new Dictionary<string, object?> { ["tid"] = Tenant, ["ver"] = "2.0", ["roles"] = roles };
        foreach (var (name, value) in claims)
        {
            all[name] = value;
        }

        return app.CallAsync(issuer.Mint(all, new Dictionary<string, object?> { ["typ"] = "JWT" }), Ct);
    }
}
