using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Web;
using Dmp.Server.Identity.Sandbox;
using Microsoft.AspNetCore.Http.Extensions;
using Xunit;
using Base64Url = System.Buffers.Text.Base64Url;

namespace Dmp.Server.Tests.Sandbox;

public sealed partial class AuthorizationCodeTests(IssuerFixture fixture) : IClassFixture<IssuerFixture>
{
    private const string Redirect = "http://127.0.0.1:49152/callback";
    private const string Verifier = "a-verifier-that-is-long-enough-for-the-rule-of-43-characters";

    private RunningIssuer Issuer => fixture.Issuer;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_code_with_its_verifier_gives_the_personas_token()
    {
        using var authorized = await AuthorizeAsync(Query());
        var location = RedirectOf(authorized);
        Assert.Equal("the-state", location["state"]);

        using var response = await RedeemAsync(location["code"]!, Verifier);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await RunningIssuer.JsonOfAsync(response, Ct);
        var token = await Issuer.VerifyAsync(answer.GetProperty("access_token").GetString()!, Ct);
        Assert.Equal("dentist-petit", token.GetProperty("sub").GetString());
        Assert.Equal("dmp-app", token.GetProperty("client_id").GetString());
        Assert.Equal(1, token.GetProperty("SubjectRefPro").GetProperty("exercices").GetArrayLength());
        Assert.False(token.TryGetProperty(PersonaPrincipal.CodeIdClaim, out _));
        Assert.Equal(3, answer.GetProperty("id_token").GetString()!.Split('.').Length);
    }

    [Fact]
    public async Task A_list_of_one_is_a_list_after_a_code_too()
    {
        using var authorized = await AuthorizeAsync(Query(hint: "mother-claire"));
        using var response = await RedeemAsync(RedirectOf(authorized)["code"]!, Verifier);
        var answer = await RunningIssuer.JsonOfAsync(response, Ct);
        var token = await Issuer.VerifyAsync(answer.GetProperty("access_token").GetString()!, Ct);
        Assert.Equal("219052A00499342", Assert.Single(token.GetProperty("represented_ins").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_code_works_once()
    {
        using var authorized = await AuthorizeAsync(Query());
        var code = RedirectOf(authorized)["code"]!;
        using var first = await RedeemAsync(code, Verifier);
        using var second = await RedeemAsync(code, Verifier);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await AssertErrorAsync(second, "invalid_grant");
    }

    [Fact]
    public async Task A_wrong_verifier_is_refused()
    {
        using var authorized = await AuthorizeAsync(Query());
        using var response = await RedeemAsync(RedirectOf(authorized)["code"]!, Verifier + "x");
        await AssertErrorAsync(response, "invalid_grant");
    }

    [Fact]
    public async Task A_code_is_for_its_redirect_address_only()
    {
        using var authorized = await AuthorizeAsync(Query());
        using var response = await RedeemAsync(RedirectOf(authorized)["code"]!, Verifier, "http://127.0.0.1:49153/callback");
        await AssertErrorAsync(response, "invalid_grant");
    }

    [Theory]
    [InlineData("dr-martin", "sandbox")]
    [InlineData("dmp-app", "sandbox")]
    public async Task A_code_is_for_the_public_client_only(string clientId, string secret)
    {
        using var authorized = await AuthorizeAsync(Query());
        using var response = await Issuer.PostTokenAsync(
            Ct, ("grant_type", "authorization_code"), ("client_id", clientId), ("client_secret", secret),
            ("code", RedirectOf(authorized)["code"]!), ("redirect_uri", Redirect), ("code_verifier", Verifier));
        Assert.False(response.IsSuccessStatusCode);
        Assert.False((await RunningIssuer.JsonOfAsync(response, Ct)).TryGetProperty("access_token", out _));
    }

    [Fact]
    public async Task A_request_without_PKCE_is_refused() =>
        await AssertNoCodeAsync(await AuthorizeAsync(Query(challenge: null, method: null)), "invalid_request");

    [Fact]
    public async Task Plain_PKCE_is_refused() =>
        await AssertNoCodeAsync(await AuthorizeAsync(Query(challenge: Verifier, method: "plain")), "invalid_request");

    [Theory]
    [InlineData("https://vendor.example/callback")]
    [InlineData("http://127.0.0.1.vendor.example/callback")]
    [InlineData("http://127.0.0.1@vendor.example/callback")]
    [InlineData("http://vendor.example@127.0.0.1/callback")]
    [InlineData("http://192.168.1.2/callback")]
    [InlineData("file://localhost/callback")]
    [InlineData("vendor-app:/callback")]
    public async Task A_foreign_redirect_address_is_refused_without_a_redirect(string address)
    {
        using var response = await AuthorizeAsync(Query(redirect: address));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Contains("invalid_request", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:8080/a")]
    [InlineData("http://[::1]:8080/a")]
    public async Task Other_addresses_of_this_machine_are_accepted(string address)
    {
        using var response = await AuthorizeAsync(Query(redirect: address));
        Assert.StartsWith(address, response.Headers.Location?.OriginalString, StringComparison.Ordinal);
        Assert.NotNull(RedirectOf(response)["code"]);
    }

    [Theory]
    [InlineData("dr-martin")]
    [InlineData("unknown-app")]
    public async Task Another_client_is_refused_without_a_redirect(string clientId)
    {
        using var response = await AuthorizeAsync(Query(client: clientId));
        Assert.False(response.IsSuccessStatusCode);
        Assert.Null(response.Headers.Location);
    }

    [Fact]
    public async Task An_unknown_persona_is_refused()
    {
        using var response = await AuthorizeAsync(Query(hint: "dr-nobody"));
        Assert.Equal("access_denied", RedirectOf(response)["error"]);
    }

    [Fact]
    public async Task Without_a_hint_and_without_a_page_there_is_no_login()
    {
        var query = Query(hint: null);
        query.Add("prompt", "none");
        using var response = await AuthorizeAsync(query);
        Assert.Equal("login_required", RedirectOf(response)["error"]);
    }

    [Fact]
    public async Task Without_a_hint_a_page_offers_every_persona()
    {
        using var page = await AuthorizeAsync(Query(hint: null, state: "<script>\"'&"));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var html = await page.Content.ReadAsStringAsync(Ct);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);

        var links = Link().Matches(html)
            .ToDictionary(match => match.Groups[2].Value, match => HttpUtility.HtmlDecode(match.Groups[1].Value));
        Assert.Equal(Personas.All.Select(persona => persona.Name).Order(StringComparer.Ordinal), links.Keys.Order(StringComparer.Ordinal));
        using var chosen = await Issuer.Http.GetAsync(links["minor-lea"], Ct);
        var location = RedirectOf(chosen);
        Assert.Equal("<script>\"'&", location["state"]);
        using var response = await RedeemAsync(location["code"]!, Verifier);
        var answer = await RunningIssuer.JsonOfAsync(response, Ct);
        Assert.Equal(
            "minor-lea", (await Issuer.VerifyAsync(answer.GetProperty("access_token").GetString()!, Ct)).GetProperty("sub").GetString());
    }

    private Task<HttpResponseMessage> AuthorizeAsync(QueryBuilder query) =>
        Issuer.Http.GetAsync($"{SandboxIssuer.AuthorizationPath}{query}", Ct);

    private Task<HttpResponseMessage> RedeemAsync(string code, string verifier, string redirect = Redirect) => Issuer.PostTokenAsync(
        Ct, ("grant_type", "authorization_code"), ("client_id", "dmp-app"), ("code", code), ("redirect_uri", redirect),
        ("code_verifier", verifier));

    private static QueryBuilder Query(
        string client = "dmp-app", string redirect = Redirect, string? hint = "dentist-petit", string state = "the-state",
        string? challenge = "", string? method = "S256")
    {
        var query = new QueryBuilder
        {
            { "response_type", "code" }, { "scope", "openid" }, { "client_id", client }, { "redirect_uri", redirect }, { "state", state },
        };
        if (hint is not null)
        {
            query.Add("login_hint", hint);
        }

        if (challenge is not null && method is not null)
        {
            query.Add(
                "code_challenge",
                challenge.Length > 0 ? challenge : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))));
            query.Add("code_challenge_method", method);
        }

        return query;
    }

    private static System.Collections.Specialized.NameValueCollection RedirectOf(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return HttpUtility.ParseQueryString(response.Headers.Location!.Query);
    }

    // Where the error goes, to the page or to the redirect address, is the library's choice; a code goes nowhere.
    private static async Task AssertNoCodeAsync(HttpResponseMessage response, string error)
    {
        using (response)
        {
            var told = response.Headers.Location?.OriginalString ?? await response.Content.ReadAsStringAsync(Ct);
            Assert.Contains(error, told, StringComparison.Ordinal);
            Assert.DoesNotContain("code=", told, StringComparison.Ordinal);
        }
    }

    private static async Task AssertErrorAsync(HttpResponseMessage response, string error)
    {
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(error, (await RunningIssuer.JsonOfAsync(response, Ct)).GetProperty("error").GetString());
    }

    [GeneratedRegex("<a href=\"([^\"]+)\">([^<]+)</a>")]
    private static partial Regex Link();
}
