using System.Net;
using System.Text;
using System.Text.Json;
using Dmp.Server.Identity.Sandbox;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class IssuerEndpointsTests(IssuerFixture fixture) : IClassFixture<IssuerFixture>
{
    private RunningIssuer Issuer => fixture.Issuer;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Discovery_names_the_issuer_and_its_endpoints()
    {
        var document = JsonDocument.Parse(await Issuer.Http.GetStringAsync(".well-known/openid-configuration", Ct)).RootElement;
        var authority = Issuer.Authority.AbsoluteUri;

        Assert.Equal(authority, document.GetProperty("issuer").GetString());
        Assert.Equal(authority + "connect/authorize", document.GetProperty("authorization_endpoint").GetString());
        Assert.Equal(authority + "connect/token", document.GetProperty("token_endpoint").GetString());
        Assert.Equal(authority + "connect/userinfo", document.GetProperty("userinfo_endpoint").GetString());
        Assert.Equal(authority + ".well-known/jwks", document.GetProperty("jwks_uri").GetString());
        Assert.Equal(["authorization_code", "client_credentials"], Texts(document, "grant_types_supported").Order(StringComparer.Ordinal));
        Assert.Equal(["S256"], Texts(document, "code_challenge_methods_supported"));
    }

    [Fact]
    public async Task The_published_keys_hold_no_private_part()
    {
        var keys = JsonDocument.Parse(await Issuer.Http.GetStringAsync(".well-known/jwks", Ct)).RootElement.GetProperty("keys");
        var key = Assert.Single(keys.EnumerateArray());

        Assert.Equal("RSA", key.GetProperty("kty").GetString());
        Assert.Equal("RS256", key.GetProperty("alg").GetString());
        Assert.DoesNotContain(key.EnumerateObject(), part => part.Name is "d" or "p" or "q" or "dp" or "dq" or "qi");
    }

    [Fact]
    public async Task Userinfo_gives_the_traits_of_a_patient()
    {
        using var response = await Issuer.GetUserInfoAsync(await Issuer.TokenOfAsync("patient-jeanne", Ct), Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var claims = await RunningIssuer.JsonOfAsync(response, Ct);

        Assert.Equal("patient-jeanne", claims.GetProperty("sub").GetString());
        Assert.Equal("patient-jeanne", claims.GetProperty("client_id").GetString());
        Assert.Equal("patient", claims.GetProperty("dmp_kind").GetString());
        Assert.Equal("248037511599154", claims.GetProperty("ins").GetString());
        Assert.Equal("1.2.250.1.213.1.4.10", claims.GetProperty("ins_system").GetString());
        Assert.Equal("EXEMPLE", claims.GetProperty("birth_family_name").GetString());
        Assert.Equal(["JEANNE", "MARIE"], Texts(claims, "birth_given_names"));
        Assert.Equal("1948-03-09", claims.GetProperty("birth_date").GetString());
        Assert.Equal("F", claims.GetProperty("sex").GetString());
        Assert.Equal("75115", claims.GetProperty("birth_place_code").GetString());
    }

    [Fact]
    public async Task Userinfo_says_of_everybody_what_the_token_says()
    {
        foreach (var persona in Personas.All)
        {
            using var response = await Issuer.GetUserInfoAsync(await Issuer.TokenOfAsync(persona.Name, Ct), Ct);
            var claims = await RunningIssuer.JsonOfAsync(response, Ct);
            Assert.Equal(persona.Kind, claims.GetProperty("dmp_kind").GetString());
            Assert.All(persona.TokenClaims(), claim =>
                Assert.True(
                    JsonElement.DeepEquals(JsonSerializer.SerializeToElement(claim.Value), claims.GetProperty(claim.Key)),
                    $"{persona.Name} {claim.Key}"));
        }
    }

    [Fact]
    public async Task Userinfo_refuses_a_token_with_a_changed_payload()
    {
        var parts = (await Issuer.TokenOfAsync("patient-paul", Ct)).Split('.');
        var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        var forged = payload.Replace("patient-paul", "patient-jeanne", StringComparison.Ordinal);
        Assert.NotEqual(payload, forged);
        parts[1] = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(forged));

        using var response = await Issuer.GetUserInfoAsync(string.Join('.', parts), Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Userinfo_refuses_a_request_without_token()
    {
        using var response = await Issuer.Http.GetAsync(SandboxIssuer.UserInfoPath, Ct);
        Assert.False(response.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("dmp.record.v1.RecordService/GetRecord")]
    [InlineData("grpc.health.v1.Health/Check")]
    [InlineData("")]
    public async Task Nothing_else_is_served_on_the_port(string path)
    {
        using var response = await Issuer.Http.PostAsync(path, new ByteArrayContent([]), Ct);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_request_under_another_host_name_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ".well-known/openid-configuration");
        request.Headers.Host = "rebound.example";
        using var response = await Issuer.Http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    private static IEnumerable<string> Texts(JsonElement owner, string name) =>
        owner.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);
}
