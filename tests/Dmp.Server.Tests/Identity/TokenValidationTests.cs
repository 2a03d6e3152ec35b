using System.Buffers.Text;
using System.Text;
using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Tests.Identity.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>The token as such: form, signature, issuer, audience, time. Each refusal is the one that the contract names.</summary>
public sealed class TokenValidationTests : IAsyncLifetime
{
    private TestIssuer issuer = null!;
    private TokenApp app = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        issuer = await TestIssuer.StartAsync();
        app = await TokenApp.StartAsync(TokenApp.Trust(issuer, CallerKind.Operator));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await issuer.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256", 0)]
    [InlineData("PS256", 0)]
    [InlineData("ES256", 1)]
    public async Task A_token_of_each_algorithm_is_accepted(string algorithm, int key)
    {
        var outcome = await app.CallAsync(Mint(header: new() { ["alg"] = algorithm }, key: issuer.Keys[key]), Ct);

        Assert.Null(outcome.Refusal);
        Assert.Equal($"{issuer.Authority}|subject-1", outcome.Caller!.Subject);
    }

    [Fact]
    public async Task A_token_of_type_JWT_is_accepted() =>
        Assert.NotNull((await app.CallAsync(Mint(header: new() { ["typ"] = "JWT" }), Ct)).Caller);

    [Theory]
    [InlineData("logout+jwt")]
    [InlineData("dpop+jwt")]
    [InlineData(null)]
    public async Task A_token_of_another_type_is_malformed(string? type) =>
        await AssertRefusedAsync(TokenRefusalReason.Malformed, Mint(header: new() { ["typ"] = type }));

    [Fact]
    public async Task A_call_without_a_token_is_missing_one()
    {
        Assert.Equal(new(TokenRefusalReason.Missing), (await app.CallWithHeadersAsync(Ct)).Refusal);
        foreach (var header in new[] { "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", $"DPoP {Mint()}", Mint() })
        {
            Assert.Equal(new(TokenRefusalReason.Missing), (await app.CallWithHeadersAsync(Ct, header)).Refusal);
        }
    }

    [Fact]
    public async Task Two_authorization_headers_are_malformed_even_when_one_token_is_good() =>
        Assert.Equal(
            new(TokenRefusalReason.Malformed),
            (await app.CallWithHeadersAsync(Ct, $"Bearer {Mint()}", $"Bearer {Mint()}")).Refusal);

    [Theory]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("e30.e30.")]
    [InlineData("bnVsbA.bnVsbA.x")]
    [InlineData("W10.W10.x")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJpc3Mi.x")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0")]
    [InlineData("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d")]
    [InlineData("a b")]
    public async Task An_unreadable_token_is_malformed(string token) => await AssertRefusedAsync(TokenRefusalReason.Malformed, token);

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("HS256")]
    [InlineData("RS1")]
    public async Task Another_algorithm_is_malformed(string algorithm) =>
        await AssertRefusedAsync(TokenRefusalReason.Malformed, Mint(header: new() { ["alg"] = algorithm }));

    [Fact]
    public async Task An_expired_token_is_refused_after_30_seconds_of_grace()
    {
        await AssertRefusedAsync(TokenRefusalReason.Expired, Mint(new() { ["nbf"] = In(-600), ["exp"] = In(-40) }));
        Assert.NotNull((await app.CallAsync(Mint(new() { ["nbf"] = In(-600), ["exp"] = In(-10) }), Ct)).Caller);
    }

    [Fact]
    public async Task A_token_of_the_future_is_refused_after_30_seconds_of_grace()
    {
        await AssertRefusedAsync(TokenRefusalReason.NotYetValid, Mint(new() { ["nbf"] = In(50) }));
        Assert.NotNull((await app.CallAsync(Mint(new() { ["nbf"] = In(15) }), Ct)).Caller);
    }

    [Fact]
    public async Task A_token_without_an_end_is_refused() =>
        await AssertRefusedAsync(TokenRefusalReason.ClaimMissing, Mint(new() { ["exp"] = null }), "exp");

    [Theory]
    [InlineData("https://other.example")]
    [InlineData("https://dmp.example/")]
    [InlineData("https://DMP.example")]
    [InlineData(null)]
    public async Task Another_audience_is_refused(string? audience) =>
        await AssertRefusedAsync(TokenRefusalReason.WrongAudience, Mint(new() { ["aud"] = audience }));

    [Fact]
    public async Task One_of_several_audiences_is_enough() => Assert.NotNull(
        (await app.CallAsync(Mint(new() { ["aud"] = new[] { "https://other.example", TestIssuer.DefaultAudience } }), Ct)).Caller);

    [Fact]
    public async Task Another_issuer_is_unknown_even_when_its_key_is_ours()
    {
        await AssertRefusedAsync(TokenRefusalReason.UnknownIssuer, Mint(new() { ["iss"] = "https://other.example" }));
        await AssertRefusedAsync(TokenRefusalReason.UnknownIssuer, Mint(new() { ["iss"] = issuer.Authority + "/" }));
        await AssertRefusedAsync(TokenRefusalReason.ClaimMissing, Mint(new() { ["iss"] = null }), "iss");
    }

    [Fact]
    public async Task A_foreign_key_with_the_same_id_is_refused()
    {
        using var foreign = new TestKey(issuer.Keys[0].Id);
        await AssertRefusedAsync(TokenRefusalReason.BadSignature, Mint(key: foreign));
    }

    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var parts = Mint().Split('.');
        var other = Mint(new() { ["sub"] = "somebody-else" }).Split('.');
        await AssertRefusedAsync(TokenRefusalReason.BadSignature, $"{parts[0]}.{other[1]}.{parts[2]}");
        await AssertRefusedAsync(TokenRefusalReason.BadSignature, $"{parts[0]}.{parts[1]}.");
    }

    [Fact]
    public async Task A_token_without_a_subject_is_refused() =>
        await AssertRefusedAsync(TokenRefusalReason.ClaimMissing, Mint(new() { ["sub"] = null }), "sub");

    [Fact]
    public async Task No_log_holds_a_token_or_a_claim()
    {
        const string secret = "somebody-who-must-not-be-logged";
        var good = Mint(new() { ["sub"] = secret, ["ins"] = TestClaims.Ins });
        var expired = Mint(new() { ["sub"] = secret, ["nbf"] = In(-600), ["exp"] = In(-60) });
        var foreign = Mint(new() { ["sub"] = secret, ["aud"] = "https://audience.example" });
        foreach (var token in new[] { good, expired, foreign, good[..^4], $"{good}.x.y" })
        {
            await app.CallAsync(token, Ct);
            foreach (var part in token.Split('.').Where(part => part.Length > 20))
            {
                Assert.DoesNotContain(part, app.Log, StringComparison.Ordinal);
            }
        }

        Assert.NotEqual("", app.Log);
        Assert.DoesNotContain(secret, app.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(TestClaims.Ins, app.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("crit")]
    [InlineData("b64")]
    public async Task A_header_with_an_extension_that_nobody_knows_is_malformed(string member)
    {
        object value = member == "crit" ? new[] { "exp" } : false;
        await AssertRefusedAsync(TokenRefusalReason.Malformed, Mint(header: new() { [member] = value }));
        await AssertRefusedAsync(TokenRefusalReason.Malformed, Mint(header: new() { ["crit"] = Array.Empty<string>(), ["kid"] = null }));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("\u00a0\u2003")]
    [InlineData("\u200b")]
    [InlineData("\u2060\ufeff")]
    [InlineData("\u202e")]
    [InlineData("\u3164")]
    [InlineData("\u0301")]
    [InlineData("subject\u200b-1")]
    public async Task A_subject_that_nobody_can_see_is_invalid(string subject) =>
        await AssertRefusedAsync(TokenRefusalReason.ClaimInvalid, Mint(new() { ["sub"] = subject }), "sub");

    [Theory]
    [InlineData("exp")]
    [InlineData("nbf")]
    [InlineData("iat")]
    public async Task A_time_that_is_no_number_is_invalid(string claim)
    {
        foreach (var value in new object[] { $"{In(60)}", true, new[] { In(60) }, 1e300, -1 })
        {
            await AssertRefusedAsync(TokenRefusalReason.ClaimInvalid, Mint(new() { [claim] = value }), claim);
        }
    }

    [Fact]
    public async Task A_member_that_is_there_twice_is_malformed()
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"RS256","typ":"JWT","kid":"{{issuer.Keys[0].Id}}"}"""));
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            $$"""{"iss":"{{issuer.Authority}}","aud":"{{TestIssuer.DefaultAudience}}","sub":"one","sub":"other","exp":{{In(60)}}}"""));
        var signature = Base64Url.EncodeToString(issuer.Keys[0].Sign(Encoding.ASCII.GetBytes($"{header}.{payload}"), "RS256"));
        await AssertRefusedAsync(TokenRefusalReason.Malformed, $"{header}.{payload}.{signature}");
    }

    [Fact]
    public async Task A_token_that_is_nested_too_deep_is_malformed()
    {
        object deep = "x";
        for (var i = 0; i < 40; i++)
        {
            deep = new[] { deep };
        }

        await AssertRefusedAsync(TokenRefusalReason.Malformed, Mint(new() { ["deep"] = deep }));
    }

    [Fact]
    public async Task A_token_for_longer_than_a_day_is_refused_with_the_limit()
    {
        const int day = 24 * 60 * 60;
        var refusal = new TokenRefusal(TokenRefusalReason.LifetimeTooLong, LifetimeMax: TimeSpan.FromDays(1));
        foreach (var token in new[]
        {
            Mint(new() { ["exp"] = In(day + 100) }),
            Mint(new() { ["iat"] = In(-day), ["exp"] = In(100) }),
            Mint(new() { ["iat"] = null, ["exp"] = In(day + 100) }),
            Mint(new() { ["iat"] = In(day), ["exp"] = In(day + 100) }),
        })
        {
            Assert.Equal(refusal, (await app.CallAsync(token, Ct)).Refusal);
        }

        Assert.NotNull((await app.CallAsync(Mint(new() { ["exp"] = In(day) }), Ct)).Caller);
        Assert.NotNull((await app.CallAsync(Mint(new() { ["iat"] = In(100 - day), ["exp"] = In(100) }), Ct)).Caller);
        Assert.NotNull((await app.CallAsync(Mint(new() { ["iat"] = null, ["exp"] = In(day - 100) }), Ct)).Caller);
    }

    private static long In(int seconds) => TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

    private string Mint(Dictionary<string, object?>? claims = null, Dictionary<string, object?>? header = null, TestKey? key = null) =>
        issuer.Mint(claims ?? [], header, key);

    private async Task AssertRefusedAsync(TokenRefusalReason reason, string token, string? claim = null) =>
        Assert.Equal(new TokenRefusal(reason, claim), (await app.CallAsync(token, Ct)).Refusal);
}
