using Dmp.Server.Calls;
using Dmp.Server.Identity;
using Dmp.Server.Tests.Identity.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>What becomes of the claims of each kind of caller, through the real validation.</summary>
public sealed class CallerTests : IAsyncLifetime
{
    private TestIssuer issuer = null!;
    private TokenApp app = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        issuer = await TestIssuer.StartAsync();
        app = await TokenApp.StartAsync(
            [
                .. TokenApp.Trust(issuer, [.. Enum.GetValues<CallerKind>().Except([CallerKind.Auditor])]),
                ("Identity:Issuers:0:KindClaim", "kind"),
            ]);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_professional_has_identity_profession_and_one_work_situation()
    {
        var caller = await AcceptAsync("professional", TestClaims.Professional().With("Acces_Regulation_Medicale", "VRAI"));

        Assert.Equal(CallerKind.Professional, caller.Kind);
        Assert.Equal($"{issuer.Authority}|subject-1", caller.Subject);
        Assert.Equal("801234567897", caller.ProfessionalId);
        Assert.Equal(("Camille", "MARTIN"), (caller.GivenName, caller.FamilyName));
        Assert.Equal(("1.2.250.1.71.1.2.7", "10", "SM26"), (caller.ProfessionSystem, caller.ProfessionCode, caller.SpecialtyCode));
        Assert.Equal(("1750100125", "Cabinet du Parc", "SA07"), (caller.StructureId, caller.StructureName, caller.SectorCode));
        Assert.Equal("test-software", caller.SoftwareId);
        Assert.True(caller.MayRegulate);
    }

    [Fact]
    public async Task A_professional_may_not_regulate_unless_the_token_says_so()
    {
        Assert.False((await AcceptAsync("professional", TestClaims.Professional())).MayRegulate);
        Assert.False((await AcceptAsync("professional", TestClaims.Professional().With("Acces_Regulation_Medicale", "FAUX"))).MayRegulate);
        await RefuseAsync("professional", TestClaims.Professional().With("Acces_Regulation_Medicale", "OUI"), "Acces_Regulation_Medicale");
    }

    [Fact]
    public async Task The_work_situations_may_come_as_a_JSON_text()
    {
        var claims = TestClaims.Professional();
        var caller = await AcceptAsync("professional", claims.With("SubjectRefPro", TestClaims.Json(claims["SubjectRefPro"]!)));

        Assert.Equal("1750100125", caller.StructureId);
    }

    [Fact]
    public async Task A_student_is_not_a_physician()
    {
        var exercice = new { codeProfession = "10", codeCategorieProfessionnelle = "E" };
        var caller = await AcceptAsync("professional", TestClaims.Professional(exercice));

        Assert.Equal(("1.2.250.1.71.1.2.8", "10"), (caller.ProfessionSystem, caller.ProfessionCode));
        Assert.Null(caller.StructureId);
    }

    [Fact]
    public async Task The_names_of_the_exercise_win_over_those_of_the_person()
    {
        var caller = await AcceptAsync(
            "professional",
            TestClaims.Professional(
                new { codeProfession = "60", nomDexercice = "DURAND", prenomDexercice = "Zoé" }).With("family_name", null));

        Assert.Equal(("Zoé", "DURAND"), (caller.GivenName, caller.FamilyName));
    }

    [Fact]
    public async Task Of_several_places_the_chosen_one_counts()
    {
        var claims = TestClaims.Professional(
            TestClaims.Exercice(
                "10", "SM26", TestClaims.Activity(TestClaims.Finess), TestClaims.Activity(TestClaims.OtherFiness, "R2", "SA01")));

        await RefuseAsync("professional", claims, null, TokenRefusalReason.WorkSituationAmbiguous);
        await RefuseAsync("professional", claims.With("SubjectOrganizationID", "R3"), null, TokenRefusalReason.WorkSituationAmbiguous);
        foreach (var chosen in new[] { "R2", TestClaims.OtherFiness, $"1{TestClaims.OtherFiness}" })
        {
            var caller = await AcceptAsync("professional", claims.With("SubjectOrganizationID", chosen));
            Assert.Equal(($"1{TestClaims.OtherFiness}", "SA01"), (caller.StructureId, caller.SectorCode));
        }
    }

    [Fact]
    public async Task Two_professions_at_the_chosen_place_are_ambiguous()
    {
        var place = TestClaims.Activity(TestClaims.Finess);
        var claims = TestClaims.Professional(TestClaims.Exercice("10", "SM26", place), TestClaims.Exercice("40", null, place));

        await RefuseAsync(
            "professional", claims.With("SubjectOrganizationID", TestClaims.Finess), null, TokenRefusalReason.WorkSituationAmbiguous);
    }

    [Fact]
    public async Task The_same_place_twice_is_one_situation()
    {
        var place = TestClaims.Activity(TestClaims.Finess);

        Assert.NotNull(await AcceptAsync("professional", TestClaims.Professional(TestClaims.Exercice("10", "SM26", place, place))));
    }

    [Fact]
    public async Task A_place_without_FINESS_goes_by_its_identifier_in_the_directory()
    {
        var caller = await AcceptAsync(
            "professional", TestClaims.Professional(TestClaims.Exercice("60", null, TestClaims.Activity(null, "R10000000000009"))));

        Assert.Equal("R10000000000009", caller.StructureId);
    }

    [Theory]
    [InlineData("801234567890")]
    [InlineData("901234567897")]
    [InlineData("8012345678970")]
    [InlineData("80123456789A")]
    [InlineData(801234567897L)]
    public async Task A_wrong_national_identifier_is_refused(object id) =>
        await RefuseAsync("professional", TestClaims.Professional().With("SubjectNameID", id), "SubjectNameID");

    [Theory]
    [InlineData("SubjectNameID")]
    [InlineData("SubjectRefPro")]
    [InlineData("given_name")]
    [InlineData("family_name")]
    public async Task A_missing_claim_of_a_professional_is_named(string claim)
    {
        await RefuseAsync("professional", TestClaims.Professional().With(claim, null), claim, TokenRefusalReason.ClaimMissing);
    }

    [Theory]
    [InlineData("{\"exercices\":[]}")]
    [InlineData("{\"exercices\":[{}]}")]
    [InlineData("{\"exercices\":[{\"codeProfession\":10}]}")]
    [InlineData("{\"exercices\":{\"codeProfession\":\"10\"}}")]
    [InlineData("{\"exercices\":[[]]}")]
    [InlineData("{\"exercices\":[{\"codeProfession\":\"10\",\"activities\":[{\"numeroFinessSite\":\"750100126\"}]}]}")]
    [InlineData("{\"exercices\":[{\"codeProfession\":\"10\",\"activities\":[7]}]}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("text")]
    public async Task A_malformed_work_situation_is_refused(string json) =>
        await RefuseAsync("professional", TestClaims.Professional().With("SubjectRefPro", json), "SubjectRefPro");

    [Fact]
    public async Task A_structure_has_its_number_name_and_staff()
    {
        var caller = await AcceptAsync("structure", TestClaims.Structure());

        Assert.Equal(("1750100125", "Hôpital du Parc", "A-17"), (caller.StructureId, caller.StructureName, caller.StaffId));
        Assert.Equal($"{issuer.Authority}|subject-1|1750100125", caller.Key);
        await RefuseAsync("structure", TestClaims.Structure().With("structure_id", "1750100126"), "structure_id");
        await RefuseAsync("structure", TestClaims.Structure().With("structure_id", "750100125"), "structure_id");
        await RefuseAsync("structure", TestClaims.Structure().With("structure_name", "A\u0000B"), "structure_name");
        await RefuseAsync("structure", TestClaims.Structure().With("structure_name", new string('x', 257)), "structure_name");
        await RefuseAsync(
            "structure", TestClaims.Structure().With("structure_name", null), "structure_name", TokenRefusalReason.ClaimMissing);
    }

    [Fact]
    public async Task A_patient_has_an_INS_whose_key_is_right()
    {
        Assert.Equal(TestClaims.Ins, (await AcceptAsync("patient", TestClaims.Patient())).Ins);
        await RefuseAsync("patient", TestClaims.Patient().With("ins", "279035121518988"), "ins");
        await RefuseAsync("patient", TestClaims.Patient().With("ins", null), "ins", TokenRefusalReason.ClaimMissing);
    }

    [Fact]
    public async Task A_subject_that_holds_the_INS_is_refused() =>
        await RefuseAsync("patient", TestClaims.Patient().With("sub", $"fc:{TestClaims.Ins}"), "sub");

    [Fact]
    public async Task A_representative_acts_for_those_whom_the_token_names()
    {
        string[] both = [TestClaims.Ins, TestClaims.OtherIns];
        string[] oneWrong = [TestClaims.Ins, "1"];
        foreach (object claim in new object[] { both, TestClaims.Json(both) })
        {
            Assert.Equal(both, (await AcceptAsync("representative", new() { ["represented_ins"] = claim })).RepresentedIns);
        }

        Assert.Equal(
            [TestClaims.Ins], (await AcceptAsync("representative", new() { ["represented_ins"] = TestClaims.Ins })).RepresentedIns);
        await RefuseAsync(
            "representative", new() { ["represented_ins"] = Array.Empty<string>() }, "represented_ins", TokenRefusalReason.ClaimMissing);
        await RefuseAsync("representative", new() { ["represented_ins"] = oneWrong }, "represented_ins");
        await RefuseAsync("representative", new() { ["represented_ins"] = new { ins = TestClaims.Ins } }, "represented_ins");
    }

    [Fact]
    public async Task An_operator_has_roles_and_the_software_may_be_named_by_azp()
    {
        var caller = await AcceptAsync("operator", new() { ["roles"] = "Support", ["client_id"] = null, ["azp"] = "console" });

        Assert.Equal(["Support"], caller.Roles);
        Assert.Equal("console", caller.SoftwareId);
    }

    [Fact]
    public async Task A_kind_that_the_issuer_does_not_vouch_for_is_refused()
    {
        await RefuseAsync("auditor", [], "kind");
        await RefuseAsync("Operator", [], "kind");
        await RefuseAsync("4", [], "kind");
        await RefuseAsync(null, [], "kind", TokenRefusalReason.ClaimMissing);
    }

    [Fact]
    public async Task The_test_realm_accepts_published_test_numbers_with_wrong_keys_but_not_another_shape()
    {
        await using var app = await TokenApp.StartAsync(
            [
                .. TokenApp.Trust(issuer, CallerKind.Patient, CallerKind.Professional), ("Realm", "Test"),
                ("Identity:Issuers:0:KindClaim", "kind"),
            ]);

        var patient = TestClaims.Patient().With("kind", "patient");
        Assert.Equal("221042545611404", (await app.CallAsync(issuer.Mint(patient.With("ins", "221042545611404")), Ct)).Caller?.Ins);
        Assert.Equal(
            new(TokenRefusalReason.ClaimInvalid, "ins"),
            (await app.CallAsync(issuer.Mint(patient.With("ins", "22104254561140X")), Ct)).Refusal);
        var professional = TestClaims.Professional().With("kind", "professional").With("SubjectNameID", "801234534765");
        Assert.Equal("801234534765", (await app.CallAsync(issuer.Mint(professional), Ct)).Caller?.ProfessionalId);
    }

    private async Task<Caller> AcceptAsync(string kind, Dictionary<string, object?> claims)
    {
        var outcome = await app.CallAsync(issuer.Mint(claims.With("kind", kind)), Ct);
        Assert.Null(outcome.Refusal);
        return outcome.Caller!;
    }

    private async Task RefuseAsync(
        string? kind, Dictionary<string, object?> claims, string? claim, TokenRefusalReason reason = TokenRefusalReason.ClaimInvalid)
    {
        var outcome = await app.CallAsync(issuer.Mint(claims.With("kind", kind)), Ct);
        Assert.Equal(new TokenRefusal(reason, claim), outcome.Refusal);
        foreach (var value in claims.Values.OfType<string>().Where(value => value.Length > 8))
        {
            Assert.DoesNotContain(value, app.Log, StringComparison.Ordinal);
        }
    }
}
