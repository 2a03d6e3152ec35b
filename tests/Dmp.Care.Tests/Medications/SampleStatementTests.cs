using System.Globalization;
using System.Text;
using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts;
using Dmp.Facts.Model;
using Dmp.Interactions;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documentation;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Dmp.Care.Tests.Medications;

/// <summary>The published samples as one record, beside what a pharmacist would expect of them (Expected/statement.tsv).</summary>
public sealed class SampleStatementTests
{
    /// <summary>The samples, each with what its header says: type, act, writing.</summary>
    private static readonly (string Id, string File, string Type, string Act, string Written)[] samples =
    [
        ("VSM", "VSM_1.4_2022.01.xml", "SYNTH", "2020-03-12T10:17:00Z", "2020-03-12T10:17:00Z"),
        ("LDL-SES", "LDL-SES_2022.01.xml", "11490-0", "2019-10-29T10:17:00Z", "2019-12-03T12:30:00Z"),
        ("IPS", "IPS-FR_2024.01.xml", "60591-5", "2024-04-02T09:17:00Z", "2024-04-02T09:17:00Z"),
        ("eP-2022", "eP-MED-DM_2022.01_PosoNonStruct.xml", "57833-6", "2021-12-01T08:10:00Z", "2021-12-01T08:30:00Z"),
        ("eP-2024", "eP-MED-DM_2024.01_PosoStruct.xml", "57833-6", "2023-12-01T08:10:00Z", "2023-12-01T08:30:00Z"),
        ("eDISP", "eDISP-MED_2024.01.xml", "60593-1", "2024-12-25T08:00:00Z", "2024-12-25T08:30:00Z"),
    ];

    private static readonly Lazy<MedicineTable> table = new(() =>
        BdpmFiles.Read("2026-05", PublishedFile.In(SharedSamples.Folder("reference/bdpm-2026"))).Table);

    [Theory]
    [InlineData("20231204", false)]
    [InlineData("20240410", true)]
    public void The_samples_are_put_together_as_a_pharmacist_would(string at, bool withEnded)
    {
        var expected = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Expected", "statement.tsv"))
            .Where(line => line.StartsWith(at, StringComparison.Ordinal))
            .Select(line => line[(at.Length + 1)..].Replace('\t', '|'));

        var statement = new MedicationMerge(table.Value).Merge(Record(), Made.At(at), withEnded);

        Assert.Equal(expected, statement.Lines.Select(LineOf));
        Assert.Equal(
            [(UnusedReason.Implicated, 1), (UnusedReason.SingleEvent, 4)],
            statement.Unused.Select(unused => (unused.Reason, unused.Count)));
        Assert.Empty(statement.Lines.SelectMany(line => line.Conflicts));
        Assert.Empty(statement.Findings);
        Assert.Equal(["antiplatelet", "vka"], statement.Lines.Take(2).Select(line => line.DangerousGroup));
    }

    /// <summary>The lines of the page are those that its example prints.</summary>
    [Fact]
    public void The_page_shows_what_its_example_prints()
    {
        var statement = new MedicationMerge(table.Value).Merge(Record(), Made.At("20231204"), withEnded: false);
        StringBuilder printed = new();
        foreach (var line in statement.Lines.Take(2))
        {
            var source = line.Sources[0].Source;
            var reasons = string.Join(", ", line.RunningReasons.Select(reason => reason.Kind));
            printed.Append(CultureInfo.InvariantCulture, $"{line.Status} {line.Name}: {line.Dose?.Text} [{line.DangerousGroup}]\n");
            printed.Append(CultureInfo.InvariantCulture, $"  {reasons} {line.EndTime?.ToDateTime():yyyy-MM-dd}\n");
            printed.Append(CultureInfo.InvariantCulture, $"  {source.StatedTime.ToDateTime():yyyy-MM-dd}, ");
            printed.Append(
                CultureInfo.InvariantCulture, $"{line.Sources.Count + line.MoreSources} sources; {string.Join(", ", line.Notes)}\n");
        }

        Assert.Contains($"```\n{printed}```", Repository.Read("docs/care.md"), StringComparison.Ordinal);
        Assert.Equal(8, statement.Lines.Count);
    }

    /// <summary>Of products that are sold, with this substance alone: at least as many as were counted in the files before.</summary>
    [Theory]
    [InlineData("warfarine", "vka", 3)]
    [InlineData("fluindione", "vka", 1)]
    [InlineData("digoxine", "digoxin", 4)]
    [InlineData("theophylline", "theophylline", 5)]
    [InlineData("clozapine", "clozapine", 16)]
    [InlineData("methadone", "opioid", 11)]
    public void Each_product_of_a_dangerous_substance_is_found_with_a_code_or_without(string substance, string group, int least)
    {
        var products = table.Value.ByCis.Values
            .Where(product => product is { IsMarketed: true, IsHomeopathic: false } && product.Ingredients.Count > 0
                && product.Ingredients.All(ingredient => ActingName.Of(ingredient, table.Value).All(acting => acting.Key == substance)))
            .ToList();
        Assert.InRange(products.Count, least, 100);
        Assert.All(products, product =>
        {
            var document = Made.Letter("a", "20261001", Made.Listed(product.Cis));
            var line = Assert.Single(new MedicationMerge(table.Value).Merge([document], Made.At("20261010"), withEnded: false).Lines);
            Assert.Equal(group, line.DangerousGroup);
        });
    }

    private static string LineOf(TreatmentLine line) => string.Join(
        '|',
        line.Name,
        line.Status,
        line.RouteGroup,
        line.EndTime?.ToDateTime().ToString("yyyyMMdd", CultureInfo.InvariantCulture),
        string.Join(' ', line.RunningReasons.Select(reason => reason.Kind)),
        line.Dose?.Text,
        string.Join(' ', line.Notes),
        string.Join(' ', line.Sources.Select(source => source.Source.DocumentId)));

    private static List<CareDocument> Record()
    {
        var folder = SharedSamples.Folder("samples/cda");
        List<CareDocument> record = [];
        foreach (var (id, file, type, act, written) in samples)
        {
            using var content = File.OpenRead(Path.Combine(folder, file));
            var (served, created) = (Time(act), Time(written));
            DocumentMetadata metadata = new()
            {
                UniqueId = id,
                Type = new Coding { Code = type },
                ServiceStartTime = served.ToTimestamp(),
                CreationTime = created.ToTimestamp(),
            };
            var facts = CdaFactReader.Read(content).Of<Medication>().Select(FactMapping.ToMessage);
            record.Add(new CareDocument(id, 1, metadata, ByPatient: false, created.AddHours(1), [.. facts]));
        }

        return record;
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
