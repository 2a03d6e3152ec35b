using System.Text.Json.Nodes;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>Somebody who does not exist and may call the sandbox. The claims are those the real issuers give.</summary>
internal abstract record Persona
{
    /// <summary>Subject, client id and <c>login_hint</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who that is, in a few words for the page on which one chooses.</summary>
    public required string Description { get; init; }

    /// <summary>The claim <c>dmp_kind</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What access tokens and userinfo say beside the subject and the kind.</summary>
    public abstract JsonObject TokenClaims();

    /// <summary>What userinfo says and access tokens do not: traits of a person have no place in each call.</summary>
    public virtual JsonObject UserInfoClaims() => [];
}

/// <summary>A health professional in one work situation, as Pro Santé Connect describes it.</summary>
internal sealed record ProfessionalPersona : Persona
{
    public required string GivenName { get; init; }

    public required string FamilyName { get; init; }

    public required string Rpps { get; init; }

    /// <summary>TRE_G15.</summary>
    public required string ProfessionCode { get; init; }

    /// <summary>TRE_R01; null for professions without a specialty.</summary>
    public string? SpecialtyCode { get; init; }

    /// <summary>Section of the pharmacists' board; null for the other professions.</summary>
    public string? PharmacistSection { get; init; }

    /// <summary><c>L</c> self-employed, <c>S</c> salaried (TRE_R23).</summary>
    public required string PracticeModeCode { get; init; }

    /// <summary>TRE_R02.</summary>
    public required string SectorCode { get; init; }

    public required Site Site { get; init; }

    /// <summary>May act for a regulation centre (SAMU).</summary>
    public bool MayRegulate { get; init; }

    /// <summary>Authenticated by the structure and not by a card: <i>authentification indirecte renforcée</i>.</summary>
    public bool IsReinforced { get; init; }

    public override string Kind => "professional";

    public override JsonObject TokenClaims()
    {
        var claims = new JsonObject
        {
            ["SubjectNameID"] = "8" + Rpps,
            ["given_name"] = GivenName,
            ["family_name"] = FamilyName,
            ["SubjectOrganizationID"] = Site.NationalId,
            ["SubjectOrganization"] = Site.Name,
            ["Acces_Regulation_Medicale"] = MayRegulate ? "VRAI" : "FAUX",
            ["SubjectRefPro"] = new JsonObject { ["exercices"] = new JsonArray(Exercise()) },
        };
        if (IsReinforced)
        {
            claims["Authentification_mode"] = "INDIRECTE_RENFORCEE";
        }

        return claims;
    }

    private JsonObject Exercise()
    {
        var activity = new JsonObject
        {
            ["codeModeExercice"] = PracticeModeCode,
            ["codeSecteurDactivite"] = SectorCode,
            ["numeroFinessSite"] = Site.Finess,
            ["raisonSocialeSite"] = Site.Name,
        };
        if (PharmacistSection is not null)
        {
            activity["codeSectionPharmacien"] = PharmacistSection;
        }

        var exercise = new JsonObject
        {
            ["codeProfession"] = ProfessionCode,
            ["codeCategorieProfessionnelle"] = "C",
            ["nomDexercice"] = FamilyName,
            ["prenomDexercice"] = GivenName,
            ["activities"] = new JsonArray(activity),
        };
        if (SpecialtyCode is not null)
        {
            exercise["codeTypeSavoirFaire"] = "S";
            exercise["codeSavoirFaire"] = SpecialtyCode;
        }

        return exercise;
    }
}

/// <summary>A place of work.</summary>
internal sealed record Site(string Finess, string Name)
{
    /// <summary>Struct_IdNat: 1 stands for FINESS.</summary>
    public string NationalId => "1" + Finess;
}

/// <summary>A structure that calls in its own name, or somebody of its staff who is no health professional.</summary>
internal sealed record StructurePersona : Persona
{
    public required Site Site { get; init; }

    /// <summary>The structure's own identifier of the person; null for a back end.</summary>
    public string? StaffId { get; init; }

    public override string Kind => "structure";

    public override JsonObject TokenClaims()
    {
        var claims = new JsonObject { ["structure_id"] = Site.NationalId, ["structure_name"] = Site.Name };
        if (StaffId is not null)
        {
            claims["staff_id"] = StaffId;
        }

        return claims;
    }
}

/// <summary>The holder of a record, with the five strict traits.</summary>
internal sealed record PatientPersona : Persona
{
    /// <summary>The authority of test numbers.</summary>
    public const string InsSystem = "1.2.250.1.213.1.4.10";

    /// <summary>15 characters, key included.</summary>
    public required string Ins { get; init; }

    public required string BirthFamilyName { get; init; }

    public required string[] BirthGivenNames { get; init; }

    public required DateOnly BirthDate { get; init; }

    /// <summary><c>F</c> or <c>M</c>.</summary>
    public required string Sex { get; init; }

    /// <summary>INSEE code of the commune.</summary>
    public required string BirthPlaceCode { get; init; }

    public override string Kind => "patient";

    public override JsonObject TokenClaims() => new() { ["ins"] = Ins };

    public override JsonObject UserInfoClaims() => new()
    {
        ["ins_system"] = InsSystem,
        ["birth_family_name"] = BirthFamilyName,
        ["birth_given_names"] = new JsonArray([.. BirthGivenNames.Select(name => JsonValue.Create(name))]),
        ["birth_date"] = BirthDate.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["sex"] = Sex,
        ["birth_place_code"] = BirthPlaceCode,
    };
}

/// <summary>A legal representative.</summary>
internal sealed record RepresentativePersona : Persona
{
    public required string[] RepresentedIns { get; init; }

    public override string Kind => "representative";

    public override JsonObject TokenClaims() =>
        new() { ["represented_ins"] = new JsonArray([.. RepresentedIns.Select(ins => JsonValue.Create(ins))]) };
}

/// <summary>Somebody who runs the platform or reviews its trace.</summary>
internal sealed record StaffPersona(string StaffKind) : Persona
{
    public required string GivenName { get; init; }

    public required string FamilyName { get; init; }

    public override string Kind => StaffKind;

    public override JsonObject TokenClaims() => new()
    {
        ["given_name"] = GivenName,
        ["family_name"] = FamilyName,
        ["roles"] = new JsonArray(JsonValue.Create("dmp." + StaffKind)),
    };
}
