using System.Globalization;

namespace Dmp.Samples;

internal enum SampleKind
{
    Biology,
    DischargeLetter,
    Vaccination,
    Prescription,
    ReportWithPdf,
    Pdf,
    Picture,
    Note,
}

/// <summary>The words of one generated document.</summary>
internal sealed record SampleText(SampleKind Kind, string TypeCode, string Title, string FileStem)
{
    public IReadOnlyList<Section> Sections { get; init; } = [];

    public IReadOnlyList<string> Lines { get; init; } = [];
}

/// <summary>French clinical prose with drawn values: fictitious, plausible and of no medical use.</summary>
internal static class SampleTexts
{
    public const int KindCount = (int)SampleKind.Note + 1;

    private static readonly string[] vaccines =
        ["Grippe saisonnière", "dTP (rappel)", "Hépatite B", "Rougeole-oreillons-rubéole", "Pneumocoque"];
    /// <summary>Products of the small medicines database of the sandbox, by their codes CIS.</summary>
    private static readonly SampleMedicine[] medicines =
    [
        new("60234100", "DOLIPRANE 1000 mg, comprimé"), new("67707794", "CLAMOXYL 500 mg, gélule"),
        new("61052830", "GLUCOPHAGE 1000 mg, comprimé pelliculé sécable"), new("60747455", "DETENSIEL 10 mg, comprimé pelliculé sécable"),
    ];

    private static readonly (string Loinc, string Unit)[] biologyCodes =
        [("14771-0", "mmol/L"), ("14682-9", "umol/L"), ("3016-3", "m[IU]/L"), ("1988-5", "mg/L")];

    private static readonly string[] reasons =
        ["une pneumopathie communautaire", "une chute avec fracture du poignet", "une décompensation cardiaque", "une colique néphrétique"];

    public static SampleText Make(
        SampleKind kind, SamplePatient patient, SampleAuthor author, DateTimeOffset started, Random random) =>
        kind switch
        {
            SampleKind.Biology => Biology(random),
            SampleKind.DischargeLetter => DischargeLetter(random, started),
            SampleKind.Vaccination => Vaccination(random, started),
            SampleKind.Prescription => Prescription(random),
            SampleKind.ReportWithPdf => new SampleText(kind, "11488-4", "Compte rendu de consultation", "consultation")
            {
                Lines = Page(patient, author, started, random),
            },
            SampleKind.Pdf => new SampleText(kind, "34133-9", "Synthèse d'épisode de soins", "synthese")
            {
                Lines = Page(patient, author, started, random),
            },
            SampleKind.Picture => new SampleText(kind, "18748-4", "Image d'échographie", "echographie"),
            SampleKind.Note => new SampleText(kind, "11506-3", "Fiche de suivi de soins", "suivi")
            {
                Lines = Page(patient, author, started, random),
            },
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

    private static SampleText Biology(Random random)
    {
        string[][] rows =
        [
            ["Glycémie à jeun", Decimal(random, 40, 80), "mmol/L", "4,1 - 5,9"],
            ["Créatinine", Whole(random, 50, 130), "µmol/L", "59 - 104"],
            ["TSH", Decimal(random, 4, 60), "mUI/L", "0,4 - 4,0"],
            ["CRP", Whole(random, 1, 40), "mg/L", "< 5"],
        ];
        return new(SampleKind.Biology, "11502-2", "Compte rendu d'examens biologiques", "biologie")
        {
            Sections =
            [
                new Section("18719-5", "Biochimie")
                {
                    Columns = ["Examen", "Résultat", "Unité", "Valeurs de référence"],
                    Rows = rows,
                    Results =
                    [
                        .. rows.Zip(biologyCodes, (row, coded) =>
                            new LabResult(coded.Loinc, row[0], row[1].Replace(',', '.'), coded.Unit)),
                    ],
                },
            ],
        };
    }

    private static SampleText DischargeLetter(Random random, DateTimeOffset started)
    {
        var stay = $"Hospitalisation à partir du {Day(started)} pour {Pick(random, reasons)}. Évolution favorable, "
            + $"retour à domicile. Température à la sortie {Decimal(random, 366, 375)} °C.";
        return new(SampleKind.DischargeLetter, "11490-0", "Lettre de liaison à la sortie de l'établissement de santé", "lettre-de-liaison")
        {
            Sections =
            [
                new Section("8648-8", "Synthèse du séjour") { Text = stay },
                Medicines("10183-2", "Traitements à la sortie", "EVN", random, 2),
            ],
        };
    }

    private static Section Medicines(string loincCode, string title, string mood, Random random, int count)
    {
        List<SampleMedicine> picked = [];
        List<string[]> rows = [];
        while (picked.Count < count)
        {
            var medicine = medicines[random.Next(medicines.Length)];
            picked.Add(medicine);
            rows.Add([medicine.Name, $"{random.Next(1, 4)} fois par jour", $"{random.Next(3, 30)} jours"]);
        }

        return new Section(loincCode, title)
        {
            Columns = ["Médicament", "Posologie", "Durée"],
            Rows = [.. rows],
            Medicines = picked,
            Mood = mood,
        };
    }

    private static SampleText Vaccination(Random random, DateTimeOffset started) => new(
        SampleKind.Vaccination, "87273-9", "Note de vaccination", "vaccination")
    {
        Sections =
        [
            new Section("11369-6", "Vaccination")
            {
                Columns = ["Date", "Vaccin", "Lot", "Voie"],
                Rows = [[Day(started), Pick(random, vaccines), $"LOT{random.Next(10_000, 99_999)}", "Intramusculaire"]],
            },
        ],
    };

    private static SampleText Prescription(Random random) => new(
        SampleKind.Prescription, "57833-6", "Prescription de médicaments", "prescription")
    {
        Sections =
        [
            Medicines("57828-6", "Prescription", "INT", random, 1 + random.Next(3)),
        ],
    };

    private static string[] Page(SamplePatient patient, SampleAuthor author, DateTimeOffset started, Random random) =>
    [
        $"Patient : {patient.FamilyName} {patient.GivenNames}, "
        + $"né(e) le {patient.BirthDate.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture)}",
        $"Vu le {Day(started)} par {author.GivenName} {author.FamilyName}, {author.StructureName}",
        $"Motif : suivi après {Pick(random, reasons)}.",
        $"Tension artérielle {Whole(random, 105, 160)}/{Whole(random, 60, 95)} mmHg, fréquence cardiaque {Whole(random, 55, 100)} "
        + "par minute.",
        $"Traitement : {medicines[random.Next(medicines.Length)].Name}.",
        "Document fictif, sans valeur médicale.",
    ];

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];

    private static string Whole(Random random, int from, int to) => random.Next(from, to).ToString(CultureInfo.InvariantCulture);

    private static string Decimal(Random random, int fromTenths, int toTenths)
    {
        var tenths = random.Next(fromTenths, toTenths);
        return $"{tenths / 10},{tenths % 10}";
    }

    private static string Day(DateTimeOffset time) => time.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture);
}
