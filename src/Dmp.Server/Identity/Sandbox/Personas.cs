namespace Dmp.Server.Identity.Sandbox;

/// <summary>
/// Everybody in the sandbox. None of them exists: RPPS numbers begin with 0, FINESS numbers with the department 99, INS
/// numbers belong to the test authority. All check digits are right, so that the strict checks hold here too.
/// </summary>
internal static class Personas
{
    private const string SelfEmployed = "L";
    private const string Salaried = "S";

    private static readonly Site practiceOfMartin = new("990000119", "Cabinet du Dr Martin");
    private static readonly Site hospital = new("990000663", "Centre hospitalier Saint-Luc");

    private static readonly PatientPersona lea = new()
    {
        Name = "minor-lea",
        Description = "Léa, patient, a minor born in Corsica",
        Ins = "219052A00499342",
        BirthFamilyName = "FICTIVE",
        BirthGivenNames = ["LEA"],
        BirthDate = new DateOnly(2019, 5, 17),
        Sex = "F",
        BirthPlaceCode = "2A004",
    };

    public static IReadOnlyList<Persona> All { get; } =
        [.. Physicians(), .. OtherProfessionals(), .. Structures(), .. People(), .. Staff()];

    private static readonly Dictionary<string, Persona> byName = All.ToDictionary(persona => persona.Name, StringComparer.Ordinal);

    public static Persona? Find(string? name) => name is null ? null : byName.GetValueOrDefault(name);

    private static Persona[] Physicians() =>
    [
        new ProfessionalPersona
        {
            Name = "dr-martin", Description = "general practitioner, by convention the attending physician (médecin traitant) of Jeanne",
            GivenName = "Alice", FamilyName = "MARTIN", Rpps = "01234501011", ProfessionCode = "10", SpecialtyCode = "SM26",
            PracticeModeCode = SelfEmployed, SectorCode = "SA07", Site = practiceOfMartin,
        },
        new ProfessionalPersona
        {
            Name = "dr-bernard", Description = "general practitioner",
            GivenName = "Benoît", FamilyName = "BERNARD", Rpps = "01234502027", ProfessionCode = "10", SpecialtyCode = "SM26",
            PracticeModeCode = SelfEmployed, SectorCode = "SA07", Site = new("990000226", "Cabinet du Dr Bernard"),
        },
        new ProfessionalPersona
        {
            Name = "occupational-durand", Description = "occupational physician (médecin du travail)",
            GivenName = "Chantal", FamilyName = "DURAND", Rpps = "01234506069", ProfessionCode = "10", SpecialtyCode = "SM25",
            PracticeModeCode = Salaried, SectorCode = "SA66",
            Site = new("990000556", "Service de prévention et de santé au travail du Port"),
        },
        new ProfessionalPersona
        {
            Name = "regulation-dubois", Description = "emergency physician of a regulation centre (SAMU)",
            GivenName = "David", FamilyName = "DUBOIS", Rpps = "01234507075", ProfessionCode = "10", SpecialtyCode = "SM59",
            PracticeModeCode = Salaried, SectorCode = "SA01", Site = new("990000770", "SAMU du centre hospitalier de la Baie"),
            MayRegulate = true,
        },
        new ProfessionalPersona
        {
            Name = "dr-leroy-air",
            Description = "physician of the hospital, authenticated by the hospital (authentification indirecte renforcée, AIR)",
            GivenName = "Karim", FamilyName = "LEROY", Rpps = "01234508081", ProfessionCode = "10", SpecialtyCode = "SM54",
            PracticeModeCode = Salaried, SectorCode = "SA01", Site = hospital, IsReinforced = true,
        },
    ];

    private static Persona[] OtherProfessionals() =>
    [
        new ProfessionalPersona
        {
            Name = "dentist-petit", Description = "dental surgeon",
            GivenName = "Émile", FamilyName = "PETIT", Rpps = "01234503033", ProfessionCode = "40",
            PracticeModeCode = SelfEmployed, SectorCode = "SA07", Site = new("990000333", "Cabinet dentaire Petit"),
        },
        new ProfessionalPersona
        {
            Name = "pharmacist-robert", Description = "pharmacist who owns a pharmacy",
            GivenName = "Fanny", FamilyName = "ROBERT", Rpps = "01234504049", ProfessionCode = "21", PharmacistSection = "A",
            PracticeModeCode = SelfEmployed, SectorCode = "SA33", Site = new("990000440", "Pharmacie Robert"),
        },
        new ProfessionalPersona
        {
            Name = "nurse-richard", Description = "self-employed nurse",
            GivenName = "Gaël", FamilyName = "RICHARD", Rpps = "01234505053", ProfessionCode = "60",
            PracticeModeCode = SelfEmployed, SectorCode = "SA07", Site = new("990000887", "Cabinet infirmier Richard"),
        },
    ];

    private static Persona[] Structures() =>
    [
        new StructurePersona { Name = "hospital-saint-luc", Description = "back end of a hospital", Site = hospital },
        new StructurePersona
        {
            Name = "secretary-moreau", Description = "secretary of Dr Martin's practice", Site = practiceOfMartin, StaffId = "moreau",
        },
    ];

    private static Persona[] People() =>
    [
        new PatientPersona
        {
            Name = "patient-jeanne", Description = "Jeanne, patient",
            Ins = "248037511599154", BirthFamilyName = "EXEMPLE", BirthGivenNames = ["JEANNE", "MARIE"],
            BirthDate = new DateOnly(1948, 3, 9), Sex = "F", BirthPlaceCode = "75115",
        },
        new PatientPersona
        {
            Name = "patient-paul", Description = "Paul, patient",
            Ins = "172116938399204", BirthFamilyName = "MODELE", BirthGivenNames = ["PAUL"],
            BirthDate = new DateOnly(1972, 11, 23), Sex = "M", BirthPlaceCode = "69383",
        },
        lea,
        new RepresentativePersona
        {
            Name = "mother-claire",
            Description = "Claire, mother and representative of Léa",
            RepresentedIns = [lea.Ins],
        },
        new PatientPersona
        {
            Name = "father-marc", Description = "Marc, patient, father of Léa: becomes her second representative when Claire invites him",
            Ins = "186042B03312321", BirthFamilyName = "FICTIF", BirthGivenNames = ["MARC"],
            BirthDate = new DateOnly(1986, 4, 12), Sex = "M", BirthPlaceCode = "2B033",
        },
        new PatientPersona
        {
            Name = "caregiver-odile", Description = "Odile, patient, becomes a caregiver (aidant) when somebody invites her",
            Ins = "255093528812357", BirthFamilyName = "AIDANTE", BirthGivenNames = ["ODILE"],
            BirthDate = new DateOnly(1955, 9, 3), Sex = "F", BirthPlaceCode = "35288",
        },
    ];

    private static Persona[] Staff() =>
    [
        new StaffPersona("operator")
        {
            Name = "operator-simon",
            Description = "operator of the platform",
            GivenName = "Hugo",
            FamilyName = "SIMON",
        },
        new StaffPersona("auditor")
        {
            Name = "auditor-michel",
            Description = "auditor of the trace",
            GivenName = "Inès",
            FamilyName = "MICHEL",
        },
    ];
}
