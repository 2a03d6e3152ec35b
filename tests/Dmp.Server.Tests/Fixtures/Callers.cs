using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dmp.Server.Tests.Identity.Fixtures;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Tokens of the test issuer, with the claims that real issuers give.</summary>
internal sealed class Callers(TestIssuer issuer)
{
    public string Token(TestProfessional professional) => Mint(Claims(professional));

    /// <summary>A signed token with these claims on top of good ones.</summary>
    public string Mint(JsonObject claims) => issuer.Mint(claims.ToDictionary(claim => claim.Key, claim => (object?)claim.Value));

    public string Token(TestPatient patient) => Mint(new JsonObject
    {
        ["sub"] = $"patient-{patient.Number.GetHashCode(StringComparison.Ordinal):x}",
        ["dmp_kind"] = "patient",
        ["ins"] = patient.Number,
    });

    public string StructureToken(string structureId, string? staffId = null) => Mint(StructureClaims(structureId, staffId));

    /// <summary>The structure by its certificate, or somebody of its staff with a card.</summary>
    public static JsonObject StructureClaims(string structureId, string? staffId = null)
    {
        JsonObject claims = new()
        {
            ["sub"] = $"structure-{structureId}",
            ["client_id"] = "hospital-engine",
            ["dmp_kind"] = "structure",
            ["structure_id"] = structureId,
            ["structure_name"] = "HOPITAL D'ESSAI",
        };
        if (staffId is not null)
        {
            claims["staff_id"] = staffId;
        }

        return claims;
    }

    public string RepresentativeToken(params TestPatient[] patients) => Mint(new JsonObject
    {
        ["sub"] = $"representative-{RandomNumberGenerator.GetHexString(8)}",
        ["dmp_kind"] = "representative",
        ["represented_ins"] = new JsonArray([.. patients.Select(patient => (JsonNode)patient.Number)]),
    });

    public string RoleToken(string kind, string role) => Mint(new JsonObject
    {
        ["sub"] = $"{kind}-{RandomNumberGenerator.GetHexString(8)}",
        ["dmp_kind"] = kind,
        ["roles"] = new JsonArray(role),
    });

    /// <summary>As Pro Santé Connect describes a professional with one work situation.</summary>
    public static JsonObject Claims(TestProfessional professional) => new()
    {
        ["sub"] = $"f:test:{professional.Id}",
        ["client_id"] = "vendor-software",
        ["dmp_kind"] = "professional",
        ["SubjectNameID"] = professional.Id,
        ["given_name"] = "CLAIRE",
        ["family_name"] = professional.FamilyName,
        ["Acces_Regulation_Medicale"] = professional.Regulates ? "VRAI" : "FAUX",
        ["SubjectRefPro"] = new JsonObject
        {
            ["exercices"] = new JsonArray(new JsonObject
            {
                ["codeProfession"] = professional.Profession,
                ["codeCategorieProfessionnelle"] = "C",
                ["codeTypeSavoirFaire"] = "S",
                ["codeSavoirFaire"] = professional.Specialty,
                ["nomDexercice"] = professional.FamilyName,
                ["prenomDexercice"] = "CLAIRE",
                ["activities"] = new JsonArray(new JsonObject
                {
                    ["codeModeExercice"] = "L",
                    ["codeSecteurDactivite"] = professional.Sector,
                    ["numeroFinessSite"] = professional.StructureId[1..],
                    ["raisonSocialeSite"] = "CABINET D'ESSAI",
                }),
            }),
        },
    };
}
