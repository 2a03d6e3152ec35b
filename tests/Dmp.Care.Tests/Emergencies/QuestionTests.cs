using System.Globalization;
using Dmp.Care.Emergencies;
using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Facts;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Dmp.Interactions.V1;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Content;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using CheckOutcome = Dmp.Interactions.V1.CheckOutcome;
using V1Finding = Dmp.Interactions.V1.Finding;
using V1Level = Dmp.Interactions.V1.InteractionLevel;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>
/// Twenty questions of an emergency physician, of records composed of the published samples: what the page answers, beside what somebody
/// read in the documents (Expected/questions.tsv).
/// </summary>
public sealed class QuestionTests
{
    private const int QuestionCount = 20;

    private static readonly string[] vsm =
        ["VSM_1.4_2022.01", "SYNTH", FrenchTypes, "202003121017", "Stéphane MEDIONI", "Centre de soins le Belvédère"];

    private static readonly string[] ips =
        ["IPS-FR_2024.01", Summary, Loinc, "202404020917", "Stéphane MEDIONI", "Centre de soins le Belvédère"];

    private static readonly string[] anticoagulation = ["CARD-F-PRC-AVK_2022.01", "34133-9", Loinc, "201001041425", "Charles DUNANT", ""];

    private static readonly string[] discharge =
        ["LDL-SES_2022.01", "11490-0", Loinc, "201910291017", "Charles DAVID", "Hôpital Européen Georges Pompidou"];

    private static readonly string[] home =
        ["DLU-EHPAD-DLU_2022.01", "74207-2", Loinc, "202003271435", "Charles BOILEAU", "EHPAD DE BOULOGNE-BILLANCOURT"];

    private static readonly string[] prescription =
        ["eP-MED-DM_2024.01_PosoStruct", "57833-6", Loinc, "202312010810", "Romain PIOU", "Cabinet du DR Pierre JOLI"];

    private static readonly string[] antepartum =
        ["OBP-SAP_2024.01", "57055-6", Loinc, "202303221510", "Jacques BIDEAULT", "Clinique du Belvédère"];

    private static readonly string[] stroke =
        ["AVC-AUNV_2022.01", "34133-9", Loinc, "201203281017", "Jacques BIDEAULT", "Clinique du Belvédère"];

    /// <summary>Each record with the moment at which it is asked, when its patient was born, and its documents.</summary>
    private static readonly Dictionary<string, (string At, string Born, string[][] Documents)> records = new()
    {
        ["cardio"] = ("202004101000", "1948-03-12", [vsm, anticoagulation, discharge, home]),
        ["pregnancy"] = ("202405011000", "1990-05-02", [ips, prescription]),
        ["stroke"] = ("202304011000", "1985-02-01", [antepartum, stroke]),
    };

    private static readonly List<string[]> expected =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Expected", "questions.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')),
    ];

    private static readonly Lazy<(MedicineTable Table, InteractionChecker Checker)> reference = new(() =>
    {
        var table = BdpmFiles.Read("2026-05", PublishedFile.In(SharedSamples.Folder("reference/bdpm-2026"))).Table;
        var text = Path.Combine(SharedSamples.Folder("reference/ansm"), "thesaurus_2023-09.layout.txt");
        return (table, new InteractionChecker(TextThesaurus.Read("2023-09", PublishedFile.At(text)).Thesaurus, table));
    });

    public static TheoryData<string, int> Questions =>
        [.. records.Keys.SelectMany(record => Enumerable.Range(1, QuestionCount).Select(question => (record, question)))];

    [Theory]
    [MemberData(nameof(Questions))]
    public void The_page_answers(string record, int question)
    {
        var layout = PageLayout.Of(PageOf(record), PageLimits.A4);
        var asked = expected.Where(row => row[0] == record && int.Parse(row[1], CultureInfo.InvariantCulture) == question).ToList();
        Assert.NotEmpty(asked);
        foreach (var row in asked)
        {
            var words = row[3] == "page" ? WordsOf(layout) : WordsOf(layout.Blocks.FirstOrDefault(block => block.Id == row[3]));
            if (row[4].StartsWith('!'))
            {
                Assert.DoesNotContain(row[4][1..], words, StringComparison.Ordinal);
            }
            else
            {
                Assert.Contains(row[4], words, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("cardio")]
    [InlineData("pregnancy")]
    [InlineData("stroke")]
    public void Each_record_is_one_A4(string record)
    {
        using var pdf = UglyToad.PdfPig.PdfDocument.Open(PdfPage.Write(PageOf(record)));
        Assert.Equal(1, pdf.NumberOfPages);
    }

    private static string WordsOf(PageLayout layout) =>
        string.Join('\n', layout.Blocks.Select(WordsOf).Prepend($"{layout.Identity}\n{layout.Strip}\n{layout.Warning}"));

    private static string WordsOf(PageBlock? block) => block is null ? "" : string.Join(
        '\n',
        [
            block.Heading,
            .. block.Lines.Select(line => string.Join(PageLayout.Separator, [line.Title, .. line.Details, line.Origin])),
            block.More,
            .. block.Notes,
        ]);

    private static EmergencySummary PageOf(string record)
    {
        var folder = SharedSamples.Folder("samples/cda");
        var (at, born, files) = records[record];
        var moment = Time(at);
        var documents = files.Select(file => Read(folder, file)).ToList();
        var statement = new MedicationMerge(reference.Value.Table).Merge(
            [.. documents.Where(one => one.Metadata.ServiceStartTime.ToDateTimeOffset() >= moment.AddYears(-3))], moment, withEnded: false);
        var taken = TakenMedicines.Of(statement);
        return EmergencySummaryBuilder.Build(Input([.. documents]) with
        {
            At = moment,
            Record = Person(born: born),
            Medication = statement,
            Report = ReportOf(reference.Value.Checker.Check([.. taken.Select(one => one.Item)])),
            ReportLines = [.. taken.Select(one => one.Line)],
            Coverage = new Facts.V1.DocumentCoverage { Read = documents.Count, UnreadEntries = 3 },
        });
    }

    private static CareDocument Read(string folder, string[] file)
    {
        using var content = File.OpenRead(Path.Combine(folder, $"{file[0]}.xml"));
        var reading = CdaFactReader.Read(content);
        Facts.V1.Fact[] facts = [.. reading.Facts.Select(FactMapping.ToMessage)];
        var document = Paper(file[0], file[3], file[1], [], file[2]);
        var author = document.Metadata.Authors[0];
        (author.Person.GivenName, author.Person.FamilyName) = (file[4].Split(' ')[0], file[4].Split(' ')[1]);
        author.Institution.Name = file[5];
        return document with { Facts = facts, CameAt = document.CameAt.AddYears(10) };
    }

    /// <summary>As the server writes it.</summary>
    private static InteractionReport ReportOf(CheckReport report)
    {
        InteractionReport message = new() { Thesaurus = new ReferenceEdition { Name = report.ThesaurusEdition } };
        message.Medicines.AddRange(report.Items.Select(item => new CheckedMedicine { Outcome = (CheckOutcome)item.Outcome }));
        message.Pairs.AddRange(report.Pairs.Select(pair => new CheckedPair
        {
            First = pair.First,
            Second = pair.Second,
            Findings =
            {
                pair.Findings.Select(finding => new V1Finding
                {
                    RuleId = finding.Rule.Id,
                    Turned = !ReferenceEquals(finding.FirstEnd, finding.Rule.First),
                    UnverifiedConditions = { finding.Conditions },
                }),
            },
        }));
        message.Rules.AddRange(report.Pairs.SelectMany(pair => pair.Findings).Select(finding => finding.Rule).DistinctBy(rule => rule.Id)
            .Select(rule => new InteractionRule
            {
                RuleId = rule.Id,
                FirstEnd = rule.First.Name,
                SecondEnd = rule.Second.Name,
                Severities =
                {
                    rule.Severities.Select(severity => new RuleSeverity { Level = (V1Level)severity.Level, Text = severity.Text }),
                },
            }));
        return message;
    }
}
