using System.Security.Cryptography;
using Dmp.Record.V1;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Dmp.Client.Tests;

public sealed class TokenTests : IAsyncLifetime
{
    private int issued;
    private Task mayAnswer = Task.CompletedTask;
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        platform = await ScriptedPlatform.StartAsync();
        platform.Token = async context =>
        {
            var form = await context.Request.ReadFormAsync();
            if (form["client_secret"] != "sandbox" || form["client_id"] != "dr-martin" || form["grant_type"] != "client_credentials")
            {
                context.Response.StatusCode = 401;
                await context.Response.WriteAsJsonAsync(
                    new { error = "invalid_client", error_description = $"not {form["client_secret"]}" });
                return;
            }
            await mayAnswer;
            await context.Response.WriteAsJsonAsync(
                new { access_token = $"t-{Interlocked.Increment(ref issued)}", expires_in = 600, token_type = "Bearer" });
        };
    }

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task Many_calls_at_once_cost_one_token()
    {
        using var source = Source();

        var answer = new TaskCompletionSource();
        mayAnswer = answer.Task;
        var asked = Enumerable.Range(0, 50).Select(_ => source.GetTokenAsync(Ct).AsTask()).ToList();
        answer.SetResult();
        var tokens = await Task.WhenAll(asked);

        Assert.All(tokens, token => Assert.Equal("t-1", token));
        Assert.Equal(1, issued);
    }

    [Fact]
    public async Task A_token_is_renewed_shortly_before_it_expires()
    {
        var clock = new FakeTimeProvider();
        using var source = Source(time: clock);

        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        clock.Advance(TimeSpan.FromSeconds(539));
        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("t-2", await source.GetTokenAsync(Ct));
    }

    [Fact]
    public async Task Only_the_refused_token_is_dropped()
    {
        using var source = Source();
        await source.GetTokenAsync(Ct);

        source.Invalidate("t-0");
        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        source.Invalidate("t-1");
        source.Invalidate("t-1");
        Assert.Equal("t-2", await source.GetTokenAsync(Ct));
    }

    [Fact]
    public async Task A_refused_client_is_told_without_its_secret_also_through_a_call()
    {
        using var source = Source(secret: "very-secret");

        var failure = await Assert.ThrowsAsync<DmpAuthenticationException>(() => source.GetTokenAsync(Ct).AsTask());
        Assert.Contains("invalid_client", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", failure.ToString(), StringComparison.Ordinal);

        using var client = platform.Client(options => options.Tokens = source);
        var wrapped = await Assert.ThrowsAsync<DmpAuthenticationException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
        Assert.Contains("invalid_client", wrapped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_out_of_reach_is_unavailable_and_asked_again()
    {
        var answers = 0;
        var token = platform.Token!;
        platform.Token = context =>
        {
            if (++answers == 1)
            {
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            }
            return token(context);
        };
        platform.CheckAccess = (_, _) => Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        using var source = Source();
        using var client = platform.Client(options => options.Tokens = source);

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Equal(2, answers);

        using var nobody = new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = new Uri("http://127.0.0.1:1/"), ClientId = "a", ClientSecret = "b" });
        await Assert.ThrowsAsync<DmpUnavailableException>(() => nobody.GetTokenAsync(Ct).AsTask());
    }

    [Fact]
    public async Task A_discovery_document_of_another_issuer_is_refused()
    {
        platform.IssuerNamed = "https://elsewhere.example/";
        using var source = Source();

        await Assert.ThrowsAsync<DmpAuthenticationException>(() => source.GetTokenAsync(Ct).AsTask());

        Assert.Equal(0, issued);
    }

    [Fact]
    public void Secrets_and_tokens_never_travel_in_plain_text_over_a_network()
    {
        Assert.Throws<ArgumentException>(() => new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = new Uri("http://issuer.example/"), ClientId = "a", ClientSecret = "b" }));
        var failure = Assert.Throws<InvalidOperationException>(
            () => platform.Client(options => options.Address = new Uri("http://dmp.example")));
        Assert.Contains("https", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_do_not_print_the_secret() => Assert.DoesNotContain(
        "b-secret",
        new ClientCredentialsOptions { Issuer = new Uri("https://issuer.example/"), ClientId = "a", ClientSecret = "b-secret" }.ToString(),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("ES256")]
    [InlineData("PS256")]
    [InlineData("RS256")]
    public async Task A_client_with_a_key_signs_who_it_is_and_sends_no_secret(string algorithm)
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        SecurityKey key = algorithm == "ES256" ? new ECDsaSecurityKey(ec) { KeyId = "k-1" } : new RsaSecurityKey(rsa) { KeyId = "k-1" };
        var forms = new List<IFormCollection>();
        platform.Token = async context =>
        {
            forms.Add(await context.Request.ReadFormAsync());
            await context.Response.WriteAsJsonAsync(new { access_token = $"t-{forms.Count}", expires_in = 600 });
        };
        using var source = new ClientCredentialsTokenSource(new ClientCredentialsOptions
        {
            Issuer = platform.Issuer,
            ClientId = "logiciel-cabinet",
            ClientKey = new SigningCredentials(key, algorithm),
        });

        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        source.Invalidate("t-1");
        Assert.Equal("t-2", await source.GetTokenAsync(Ct));

        var ids = new HashSet<object>();
        foreach (var form in forms)
        {
            Assert.Equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", form["client_assertion_type"]);
            Assert.False(form.ContainsKey("client_secret"));
            var checkedToken = await new JsonWebTokenHandler().ValidateTokenAsync(form["client_assertion"], new TokenValidationParameters
            {
                ValidIssuer = "logiciel-cabinet",
                ValidAudience = new Uri(platform.Issuer, "token").AbsoluteUri,
                ValidAlgorithms = [algorithm],
                IssuerSigningKey = key,
                ClockSkew = TimeSpan.Zero,
            });
            Assert.True(checkedToken.IsValid, checkedToken.Exception?.Message);
            Assert.Equal("logiciel-cabinet", checkedToken.Claims["sub"]);
            Assert.InRange(checkedToken.SecurityToken.ValidTo - DateTime.UtcNow, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
            Assert.True(ids.Add(checkedToken.Claims["jti"]), "a statement is good once");
        }
        Assert.Equal(2, ids.Count);
    }

    [Fact]
    public void A_client_has_a_secret_or_a_key_and_not_both()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = new SigningCredentials(new ECDsaSecurityKey(ec), "ES256");
        var options = new ClientCredentialsOptions { Issuer = platform.Issuer, ClientId = "a" };

        Assert.Throws<ArgumentException>(() => new ClientCredentialsTokenSource(options));
        Assert.Throws<ArgumentException>(() => new ClientCredentialsTokenSource(options with { ClientSecret = "b", ClientKey = key }));
    }

    [Fact]
    public async Task An_issuer_whose_certificate_is_not_trusted_is_told_as_TLS_through_a_call()
    {
        using var authority = TestAuthority.New();
        await using var elsewhere = await ScriptedPlatform.StartAsync(authority.Server);
        using var source = new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = elsewhere.Address, ClientId = "a", ClientSecret = "b" });
        using var client = platform.Client(options => options.Tokens = source);

        var failure = await Assert.ThrowsAsync<DmpTlsException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.StartsWith(
            $"TLS with the issuer at https://127.0.0.1:{elsewhere.Address.Port} failed: ", failure.Message, StringComparison.Ordinal);
    }

    private ClientCredentialsTokenSource Source(string secret = "sandbox", TimeProvider? time = null) =>
        new(new ClientCredentialsOptions { Issuer = platform.Issuer, ClientId = "dr-martin", ClientSecret = secret }, time: time);
}
