using System.Text.Json;
using Dmp.Server.Options;

namespace Dmp.Server.Identity;

/// <summary>One profession practised at one place (<i>situation d'exercice</i>).</summary>
internal sealed record WorkSituation
{
    public required string ProfessionCode { get; init; }

    public string? ProfessionSystem { get; init; }

    public string? SpecialtyCode { get; init; }

    public string? FamilyName { get; init; }

    public string? GivenName { get; init; }

    public string? SectorCode { get; init; }

    public string? Finess { get; init; }

    public string? TechnicalId { get; init; }

    public string? StructureName { get; init; }

    /// <summary><c>1</c> and the FINESS number; the directory's own identifier where the place has no FINESS.</summary>
    public string? StructureId => Finess is null ? TechnicalId : $"1{Finess}";

    public bool IsAt(string structure) => structure == StructureId || structure == Finess || structure == TechnicalId;
}

/// <summary>
/// Reads the work situation of a professional from <c>SubjectRefPro</c>. A caller has exactly one: rights depend on profession,
/// specialty and structure, and a union of several would be more than any of them allows.
/// </summary>
internal static class WorkSituations
{
    // A student is no member of the profession yet, although the code is the same.
    private const string StudentCategory = "E";

    /// <summary>The only situation, or the one at the structure that was chosen at login.</summary>
    public static WorkSituation One(TokenClaims claims, ClaimNames names)
    {
        var claim = names.WorkSituations;
        var root = claims.Structured(claim) ?? throw TokenClaims.Missing(claim);

        // A place may be listed once per role; what does not differ for us is one situation.
        var all = Items(root, "exercices", claim).SelectMany(exercise => Of(exercise, claim)).Distinct().ToArray();
        if (all.Length == 0)
        {
            throw TokenClaims.Invalid(claim);
        }

        if (all.Length > 1)
        {
            all = claims.Text(names.ChosenStructure) is { } chosen ? [.. all.Where(one => one.IsAt(chosen))] : all;
        }

        return all.Length == 1 ? all[0] : throw new TokenRefusedException(new(TokenRefusalReason.WorkSituationAmbiguous));
    }

    private static IEnumerable<WorkSituation> Of(JsonElement exercise, string claim)
    {
        var profession = Code(exercise, "codeProfession", claim) ?? throw TokenClaims.Invalid(claim);
        var one = new WorkSituation
        {
            ProfessionCode = profession,
            ProfessionSystem = SystemOf(profession, Text(exercise, "codeCategorieProfessionnelle", claim)),
            SpecialtyCode = Code(exercise, "codeSavoirFaire", claim),
            FamilyName = Text(exercise, "nomDexercice", claim),
            GivenName = Text(exercise, "prenomDexercice", claim),
        };
        var places = Items(exercise, "activities", claim).Select(activity => one with
        {
            SectorCode = Code(activity, "codeSecteurDactivite", claim),
            Finess = Text(activity, "numeroFinessSite", claim),
            TechnicalId = Text(activity, "identifiantTechniqueDeLaStructure", claim),
            StructureName = Text(activity, "raisonSocialeSite", claim),
        });
        return places.DefaultIfEmpty(one);
    }

    private static string? SystemOf(string profession, string? category) => (profession, category) switch
    {
        // TRE_R95 (titles of use) has no students; TRE_R94 and TRE_R291 have no published OID.
        ("71" or "72" or "73" or "93", _) => "1.2.250.1.213.1.6.1.109",
        ("41" or "99", _) => null,
        (_, StudentCategory) => "1.2.250.1.71.1.2.8",
        _ => "1.2.250.1.71.1.2.7",
    };

    /// <summary>A code, without the code system that some issuers append (<c>SA07^1.2.250.1.71.4.2.4</c>).</summary>
    private static string? Code(JsonElement parent, string name, string claim) =>
        Text(parent, name, claim)?.Split('^')[0] is { Length: > 0 } code ? code : null;

    private static string? Text(JsonElement parent, string name, string claim)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw TokenClaims.Invalid(claim);
        }

        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return (TokenClaims.TextOf(value) ?? throw TokenClaims.Invalid(claim)) is { Length: > 0 } text ? text : null;
    }

    private static JsonElement[] Items(JsonElement parent, string name, string claim)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw TokenClaims.Invalid(claim);
        }

        if (!parent.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : throw TokenClaims.Invalid(claim);
    }
}
