using System.Globalization;
using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts;
using Dmp.Facts.V1;
using Dmp.Fhir;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Content;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Dmp.Care.Tests.Exams;

/// <summary>The published samples as one record, beside what a person found in them (Expected/exams.tsv).</summary>
public sealed class SampleExamTests
{
    private static readonly string[] lipids = ["2093-3", "2571-8", "2085-9", "13457-7"];

    private static readonly string[] reports =
    [
        "BIO-CR-BIO_2021.01_Auto-Presentable", "BIO-CR-BIO_2024.01_Glycemie_mole", "BIO-CR-BIO_2024.01_Microbiologie_V1",
        "BIO-CR-BIO_2024.01_TSH_1", "BIO-TROD_2024.01_Angine", "IMG-DA-IMG_2024.01_Mammo-Echo-Seins", "IMG_CR_IMG_2024.01",
        "LDL-SES_2022.01",
    ];

    public static IReadOnlyList<string[]> Expected { get; } =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Expected", "exams.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')),
    ];

    public static TheoryData<string> Questions => [.. Expected.Select(row => row[0]).Distinct()];

    [Theory]
    [MemberData(nameof(Questions))]
    public void What_was_done_before_is_what_a_person_finds(string code)
    {
        var documents = reports.Select(Report).ToList();
        ExamQuestion question = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new Coding
        {
            Code = code,
            System = char.IsAsciiLetter(code[0]) ? Examined.Ccam : code.Contains('-', StringComparison.Ordinal) ? Examined.Loinc
                : "1.2.250.1.215.200.4.1",
        });

        var found = new ExamFinder(ExamTables.Embedded).Find(documents, question);

        Assert.Equal(
            Expected.Where(row => row[0] == code).Select(row => string.Join(" | ", row[1..])).Order(StringComparer.Ordinal),
            found.Exams.Select(LineOf)
                .Concat(found.Unusable.Select(one => $"not usable: {one.Reason} | {LineOf(one.Exam)}"))
                .Order(StringComparer.Ordinal));
    }

    /// <summary>One of the bundles, with the day of its specimens as in its JSON.</summary>
    [Fact]
    public async Task A_FHIR_report_says_the_same()
    {
        var file = Path.Combine(SharedSamples.Folder("samples/fhir/lab"), "Bundle-004282c0-b7db-41ee-b3aa-e79c70a7fbea.json");
        await using var stream = File.OpenRead(file);
        var read = await FhirReader.ReadFactsAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        CareDocument report = Document("lab", [.. read.Reading.Facts.Select(FactMapping.ToMessage)]);
        ExamQuestion question = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Examined.Code("57698-3"))
        {
            Members = [.. lipids.Select(code => Examined.Code(code))],
        };

        var exam = Assert.Single(new ExamFinder(ExamTables.Embedded).Find([report], question).Exams);

        Assert.Equal(
            $"SamePanel | Partial | 2024-01-20T07:56 | Statement | 2093-3=188.5 2571-8=117.4 2085-9=27.6 | {exam.Specimen.Code} |  | lab",
            LineOf(exam));
        Assert.Equal("Acellular blood (serum or plasma) specimen", exam.Specimen.Display);
        Assert.Equal(["13457-7"], exam.Missing.Select(member => member.Code));
    }

    public static CareDocument Report(string name)
    {
        using var stream = File.OpenRead(Path.Combine(SharedSamples.Folder("samples/cda"), $"{name}.xml"));
        return Document(name, [.. CdaFactReader.Read(stream).Facts.Select(FactMapping.ToMessage)]);
    }

    private static CareDocument Document(string name, IReadOnlyList<Fact> facts)
    {
        DateTimeOffset act = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new CareDocument(
            name,
            1,
            new DocumentMetadata
            {
                UniqueId = name,
                Title = name.Contains("TROD", StringComparison.Ordinal)
                    ? "Test rapide d'orientation diagnostique : TROD Angine"
                    : "Compte rendu",
                ServiceStartTime = act.ToTimestamp(),
                CreationTime = act.ToTimestamp(),
            },
            ByPatient: false,
            act.AddDays(1),
            facts);
    }

    private static string LineOf(ComparableExam exam) => string.Join(
        " | ",
        exam.Match,
        exam.Panel == PanelExtent.Unspecified ? "" : exam.Panel,
        exam.Time.Time.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture),
        exam.Time.Origin,
        exam.Results.Count > 0
            ? string.Join(' ', exam.Results.Select(result => $"{result.Code.Code}={ValueOf(result.Values[0])}"))
            : exam.Code.Code,
        exam.Specimen?.Code ?? "",
        string.Join(' ', exam.Notes.Order()),
        exam.Source.DocumentId);

    private static string ValueOf(ObservedValue value) => value.Quantity?.Low?.Value ?? value.Code?.Code ?? value.Text;
}
