using System.Text.Json.Nodes;

namespace Dmp.Server.Identity.Sandbox;

/// <summary>
/// The people of the sandbox. None of them exists: RPPS numbers start with 997 (test), FINESS with the department 99, and
/// the INS are of the test authority. All check digits are right.
/// </summary>
internal static class Personas
{
    /// <summary>The secret of every persona. Public and worthless: the issuer listens on loopback and knows nobody real.</summary>
    public const string Secret = "sandbox";

    /// <summary>The claim that says what kind of caller a token is of.</summary>
    public const string KindClaim = "dmp_kind";

    private const string TestInsSystem = "1.2.250.1.213.1.4.10";

    private static readonly Structure parkPractice = new("990000010", "CABINET DU PARC", "SA07");
    private static readonly Structure canalPractice = new("990000028", "CABINET DU CANAL", "SA07");
    private static readonly Structure dentalPractice = new("990000036", "CABINET DENTAIRE DES LILAS", "SA07");
    private static readonly Structure pharmacy = new("990000044", "PHARMACIE DU MARCHE", "SA33");
    private static readonly Structure healthService = new("990000051", "SANTE AU TRAVAIL DU BASSIN", "SA66");
    private static readonly Structure hospital = new("990000069", "HOPITAL SAINT-LUC", "SA01");
    private static readonly Structure nursePractice = new("990000077", "CABINET INFIRMIER DU PONT", "SA07");

    public static IReadOnlyList<Persona> All { get; } =
    [
        Professional("dr-martin", "general practitioner, the patients' attending physician", "99700000112", "Camille", "MARTIN", "10", "SM26", parkPractice),
        Professional("dr-bernard", "general practitioner", "99700000120", "Louis", "BERNARD", "10", "SM26", canalPractice),
        Professional("dentist-petit", "dentist", "99700000138", "Sarah", "PETIT", "40", null, dentalPractice),
        Professional("pharmacist-robert", "pharmacist", "99700000146", "Hugo", "ROBERT", "21", null, pharmacy),
        Professional("nurse-richard", "nurse", "99700000153", "Ines", "RICHARD", "60", null, nursePractice),
        Professional("occupational-durand", "occupational physician", "99700000161", "Paul", "DURAND", "10", "SM25", healthService),
        Professional("regulation-dubois", "physician of the regulation centre (SAMU)", "99700000179", "Lea", "DUBOIS", "10", "SM54", hospital, regulates: true),
        StructureOf("hospital-saint-luc", "the hospital's interface engine", hospital, staffId: null),
        StructureOf("secretary-moreau", "secretary of Dr Martin's practice", parkPractice, staffId: "moreau"),
        Patient("patient-jeanne", "patient", "267067511400194", "DUPONT", ["JEANNE", "MARIE"], "1967-06-21", "F", "75114"),
        Patient("patient-paul", "patient", "158121305500250", "LEROY", ["PAUL"], "1958-12-03", "M", "13055"),
        Patient("minor-lea", "minor, Claire's daughter", "218036311300383", "GARNIER", ["LEA"], "2018-03-09", "F", "63113"),
        new Persona
        {
            Name = "mother-claire",
            Description = "Lea's mother and legal representative",
            Claims = Claims(
                "representative", ("given_name", "Claire"), ("family_name", "GARNIER"), ("represented_ins", new JsonArray("218036311300383"))),
        },
        WithRole("operator-simon", "support and operations", "operator"),
        WithRole("auditor-michel", "reviews the trace, never the content", "auditor"),
    ];

    public static Persona? Find(string? name) => All.FirstOrDefault(persona => persona.Name == name);

    private static Persona Professional(
        string name,
        string description,
        string rpps,
        string givenName,
        string familyName,
        string profession,
        string? specialty,
        Structure structure,
        bool regulates = false)
    {
        // As Pro Santé Connect describes one practice at one place.
        var practice = new JsonObject
        {
            ["codeProfession"] = profession,
            ["codeCategorieProfessionnelle"] = "C",
            ["nomDexercice"] = familyName,
            ["prenomDexercice"] = givenName,
            ["activities"] = new JsonArray(new JsonObject
            {
                ["codeModeExercice"] = structure.Sector is "SA07" or "SA33" ? "L" : "S",
                ["codeSecteurDactivite"] = structure.Sector,
                ["numeroFinessSite"] = structure.Finess,
                ["raisonSocialeSite"] = structure.Name,
            }),
        };
        if (specialty is not null)
        {
            practice["codeTypeSavoirFaire"] = "S";
            practice["codeSavoirFaire"] = specialty;
        }

        return new Persona
        {
            Name = name,
            Description = description,
            Claims = Claims(
                "professional",
                ("SubjectNameID", $"8{rpps}"),
                ("given_name", givenName),
                ("family_name", familyName),
                ("SubjectOrganizationID", $"1{structure.Finess}"),
                ("SubjectOrganization", structure.Name),
                ("Acces_Regulation_Medicale", regulates ? "VRAI" : "FAUX"),
                ("SubjectRefPro", new JsonObject { ["exercices"] = new JsonArray(practice) })),
        };
    }

    private static Persona StructureOf(string name, string description, Structure structure, string? staffId)
    {
        var claims = Claims("structure", ("structure_id", $"1{structure.Finess}"), ("structure_name", structure.Name));
        if (staffId is not null)
        {
            claims["staff_id"] = staffId;
        }

        return new Persona { Name = name, Description = description, Claims = claims };
    }

    private static Persona Patient(
        string name, string description, string ins, string familyName, string[] givenNames, string birthDate, string sex, string birthPlace) => new()
        {
            Name = name,
            Description = description,
            Claims = Claims("patient", ("ins", ins), ("given_name", givenNames[0]), ("family_name", familyName)),
            UserInfo = new Dictionary<string, JsonNode>
            {
                ["ins_system"] = TestInsSystem,
                ["birth_family_name"] = familyName,
                ["birth_given_names"] = new JsonArray([.. givenNames.Select(given => (JsonNode)given)]),
                ["birth_date"] = birthDate,
                ["sex"] = sex,
                ["birth_place_code"] = birthPlace,
            },
        };

    private static Persona WithRole(string name, string description, string kind) => new()
    {
        Name = name,
        Description = description,
        Claims = Claims(kind, ("roles", new JsonArray($"dmp.{kind}"))),
    };

    private static Dictionary<string, JsonNode> Claims(string kind, params ReadOnlySpan<(string Name, JsonNode Value)> claims)
    {
        var all = new Dictionary<string, JsonNode> { [KindClaim] = kind };
        foreach (var (name, value) in claims)
        {
            all[name] = value;
        }

        return all;
    }

    private sealed record Structure(string Finess, string Name, string Sector);
}
