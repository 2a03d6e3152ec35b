using System.Text.Json;

namespace Dmp.Server.Tests.Identity.Fixtures;

/// <summary>Claims of people who do not exist.</summary>
internal static class TestClaims
{
    /// <summary>Published sample numbers whose keys are right.</summary>
    public const string Rpps = "01234567897";

    public const string Finess = "750100125";
    public const string OtherFiness = "750803447";
    public const string Ins = "279035121518989";
    public const string OtherIns = "277076322082910";

    public static Dictionary<string, object?> Professional(params object[] exercices) => new()
    {
        ["SubjectNameID"] = $"8{Rpps}",
        ["given_name"] = "Camille",
        ["family_name"] = "MARTIN",
        ["SubjectRefPro"] = new { exercices = exercices.Length > 0 ? exercices : [Exercice("10", "SM26", Activity(Finess))] },
    };

    public static object Exercice(string profession, string? specialty, params object[] activities) =>
        new { codeProfession = profession, codeCategorieProfessionnelle = "C", codeSavoirFaire = specialty, activities };

    public static object Activity(string? finess, string technicalId = "R10000000000001", string sector = "SA07") => new
    {
        codeSecteurDactivite = sector,
        numeroFinessSite = finess,
        identifiantTechniqueDeLaStructure = technicalId,
        raisonSocialeSite = "Cabinet du Parc",
    };

    public static Dictionary<string, object?> Structure() => new()
    {
        ["structure_id"] = $"1{Finess}",
        ["structure_name"] = "Hôpital du Parc",
        ["staff_id"] = "A-17",
    };

    public static Dictionary<string, object?> Patient() => new() { ["ins"] = Ins, ["given_name"] = "Jeanne" };

    public static Dictionary<string, object?> With(this Dictionary<string, object?> claims, string name, object? value) =>
        new(claims) { [name] = value };

    public static string Json(object value) => JsonSerializer.Serialize(value);
}
