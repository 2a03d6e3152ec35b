using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dmp.Server.Identity.Sandbox;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class ClientCredentialsTests(IssuerFixture fixture) : IClassFixture<IssuerFixture>
{
    private RunningIssuer Issuer => fixture.Issuer;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Personas.All.Select(persona => persona.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_persona_gets_a_verifiable_token_for_fifteen_minutes(string name)
    {
        var payload = await Issuer.VerifyAsync(await Issuer.TokenOfAsync(name, Ct), Ct);

        Assert.Equal(name, payload.GetProperty("sub").GetString());
        Assert.Equal(name, payload.GetProperty("client_id").GetString());
        Assert.Equal(Personas.Find(name)!.Kind, payload.GetProperty("dmp_kind").GetString());
        Assert.Equal("dmp-api", payload.GetProperty("aud").GetString());
        Assert.Equal(900, payload.GetProperty("exp").GetInt64() - payload.GetProperty("iat").GetInt64());
        Assert.All(Personas.Find(name)!.TokenClaims(), claim =>
            Assert.True(JsonElement.DeepEquals(JsonSerializer.SerializeToElement(claim.Value), payload.GetProperty(claim.Key)), claim.Key));
    }

    [Fact]
    public async Task A_professional_has_the_claims_of_Pro_Sante_Connect()
    {
        var payload = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("occupational-durand", Ct), Ct);

        Assert.Equal("801234506069", payload.GetProperty("SubjectNameID").GetString());
        Assert.Equal("1990000556", payload.GetProperty("SubjectOrganizationID").GetString());
        Assert.Equal("FAUX", payload.GetProperty("Acces_Regulation_Medicale").GetString());
        var exercise = Assert.Single(payload.GetProperty("SubjectRefPro").GetProperty("exercices").EnumerateArray());
        Assert.Equal("10", exercise.GetProperty("codeProfession").GetString());
        Assert.Equal("C", exercise.GetProperty("codeCategorieProfessionnelle").GetString());
        Assert.Equal("S", exercise.GetProperty("codeTypeSavoirFaire").GetString());
        Assert.Equal("SM25", exercise.GetProperty("codeSavoirFaire").GetString());
        Assert.Equal("DURAND", exercise.GetProperty("nomDexercice").GetString());
        var activity = Assert.Single(exercise.GetProperty("activities").EnumerateArray());
        Assert.Equal("SA66", activity.GetProperty("codeSecteurDactivite").GetString());
        Assert.Equal("990000556", activity.GetProperty("numeroFinessSite").GetString());
    }

    [Fact]
    public async Task The_physician_authenticated_by_the_hospital_says_so()
    {
        var leroy = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("dr-leroy-air", Ct), Ct);
        Assert.Equal("INDIRECTE_RENFORCEE", leroy.GetProperty("Authentification_mode").GetString());
        Assert.False(
            (await Issuer.VerifyAsync(await Issuer.TokenOfAsync("dr-martin", Ct), Ct)).TryGetProperty("Authentification_mode", out _));
    }

    [Fact]
    public async Task Only_the_regulation_physician_may_regulate()
    {
        var dubois = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("regulation-dubois", Ct), Ct);
        Assert.Equal("VRAI", dubois.GetProperty("Acces_Regulation_Medicale").GetString());
        Assert.Equal("regulation-dubois", Assert.Single(Personas.All.OfType<ProfessionalPersona>(), persona => persona.MayRegulate).Name);
    }

    [Fact]
    public async Task A_list_of_one_is_a_list()
    {
        var mother = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("mother-claire", Ct), Ct);
        var auditor = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("auditor-michel", Ct), Ct);

        Assert.Equal("219052A00499342", Assert.Single(mother.GetProperty("represented_ins").EnumerateArray()).GetString());
        Assert.Equal("dmp.auditor", Assert.Single(auditor.GetProperty("roles").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_patients_token_holds_no_trait()
    {
        var payload = await Issuer.VerifyAsync(await Issuer.TokenOfAsync("patient-jeanne", Ct), Ct);

        Assert.Equal("248037511599154", payload.GetProperty("ins").GetString());
        Assert.DoesNotContain(
            payload.EnumerateObject(),
            claim => claim.Name.StartsWith("birth_", StringComparison.Ordinal) || claim.Name is "sex" or "ins_system");
    }

    [Fact]
    public async Task HTTP_basic_credentials_work()
    {
        using var request = TokenRequest("dr-martin:sandbox");
        using var response = await Issuer.Http.SendAsync(request, Ct);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await RunningIssuer.JsonOfAsync(response, Ct);
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.Equal(
            "dr-martin", (await Issuer.VerifyAsync(answer.GetProperty("access_token").GetString()!, Ct)).GetProperty("sub").GetString());
    }

    [Fact]
    public async Task Wrong_HTTP_basic_credentials_are_refused()
    {
        using var request = TokenRequest("dr-martin:wrong");
        using var response = await Issuer.Http.SendAsync(request, Ct);
        await AssertRefusedAsync(response, "invalid_client");
    }

    [Theory]
    [InlineData("dr-martin", "wrong")]
    [InlineData("dr-martin", "Sandbox")]
    [InlineData("dr-nobody", "sandbox")]
    [InlineData("DR-MARTIN", "sandbox")]
    [InlineData("dmp-app", "sandbox")]
    public async Task A_wrong_secret_or_client_is_refused(string clientId, string secret)
    {
        using var response = await Issuer.PostCredentialsAsync(clientId, secret, Ct);
        await AssertRefusedAsync(response, "invalid_client");
    }

    [Fact]
    public async Task A_request_without_secret_is_refused()
    {
        using var response = await Issuer.PostTokenAsync(Ct, ("grant_type", "client_credentials"), ("client_id", "dr-martin"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False((await RunningIssuer.JsonOfAsync(response, Ct)).TryGetProperty("access_token", out _));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("refresh_token")]
    [InlineData("urn:ietf:params:oauth:grant-type:token-exchange")]
    public async Task Other_grants_are_refused(string grant)
    {
        using var response = await Issuer.PostTokenAsync(
            Ct, ("grant_type", grant), ("client_id", "dr-martin"), ("client_secret", "sandbox"), ("username", "dr-martin"),
            ("password", "sandbox"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("unsupported_grant_type", (await RunningIssuer.JsonOfAsync(response, Ct)).GetProperty("error").GetString());
    }

    private static HttpRequestMessage TokenRequest(string credentials) => new(HttpMethod.Post, SandboxIssuer.TokenPath)
    {
        Headers = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))) },
        Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]),
    };

    private static async Task AssertRefusedAsync(HttpResponseMessage response, string error)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var answer = await RunningIssuer.JsonOfAsync(response, Ct);
        Assert.Equal(error, answer.GetProperty("error").GetString());
        Assert.False(answer.TryGetProperty("access_token", out _));
    }
}
