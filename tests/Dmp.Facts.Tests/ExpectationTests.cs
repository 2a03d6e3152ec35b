using System.Globalization;
using Dmp.Facts.Model;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Facts.Tests;

/// <summary>The published samples, beside what a person read in them.</summary>
public sealed class ExpectationTests
{
    private static readonly List<string[]> expected = Expected("medications.tsv");

    public static TheoryData<string> Documents => [.. expected.Select(row => row[0]).Distinct()];

    [Fact]
    public void Every_statement_on_an_allergy_is_read_as_a_person_reads_it()
    {
        var wanted = Expected("allergies.tsv");
        List<string> lines = [];
        foreach (var document in wanted.Select(row => row[0]).Distinct())
        {
            lines.AddRange(Read(document).Allergies.Select(fact => string.Join(" | ", [document, .. Columns(fact)])));
        }

        Assert.Equal(wanted.Select(row => string.Join(" | ", row)), lines);
    }

    [Fact]
    public void Words_that_say_none_are_no_allergy()
    {
        var none = Assert.Single(Read("LDL-SES_2022.01").Allergies);
        Assert.Equal("Aucune allergie / intolérance identifiée pendant le séjour", none.Text);
        Assert.Null(none.Agent);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_statement_on_a_medicine_is_read_as_a_person_reads_it(string document)
    {
        var reading = Read(document);
        Assert.Null(reading.Failure);
        var wanted = expected.Where(row => row[0] == document).ToList();
        var sections = wanted.Select(row => row[1]).ToHashSet();
        var found = reading.Medications.Where(fact => sections.Contains(fact.Source.Section ?? "")).ToList();
        var lines = found.Select((fact, place) => Line(fact, wanted.ElementAtOrDefault(place)?[5])).ToList();
        Assert.Equal(wanted.Select(row => string.Join(" | ", row[1..])), lines);
    }

    [Fact]
    public void Every_sample_is_read_to_its_end_and_as_much_of_it_as_the_page_says()
    {
        var page = Repository.Read("docs/facts.md");
        foreach (var file in Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml").Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(file);
            var reading = CdaFactReader.Read(stream);
            Assert.True(reading.Failure is null, $"{file}: {reading.Failure}");
            var name = Path.GetFileNameWithoutExtension(file);
            var (medicines, allergies) = (Count("medications.tsv", name), Count("allergies.tsv", name));
            var unread = reading.Unread.Sum(entry => entry.Count);
            Assert.Contains(
                $"| {name} | {reading.Medications.Count} | {medicines} | {reading.Allergies.Count} | {allergies} | {unread}",
                page,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Words_are_kept_beside_codes_and_phases_in_their_order()
    {
        var item = Read("eP-MED-DM_2024.01_PosoStruct").Medications[0];
        Assert.Equal(2, item.Dosages.Count);
        Assert.Equal((2m, "d"), (item.Dosages[0].Period!.Width!.Value, item.Dosages[0].Period!.Width!.Unit));
        Assert.Equal((1500m, 3000m), (item.Dosages[0].Rate!.Low!.Value, item.Dosages[0].Rate!.High!.Value));
        Assert.Equal((3, (4m, 1m)), (item.Renewals, (item.Most!.Value.Numerator.Value!.Value, item.Most.Value.Denominator.Value!.Value)));
        Assert.Equal("500 mg", $"{item.Product.Ingredients[0].Numerator!.Value} {item.Product.Ingredients[0].Numerator!.Unit}");
        var compounded = Read("eP-MED-DM_2024.01_PosoStruct").Medications[1].Product;
        Assert.StartsWith("Préparation magistrale : - 30g de diprosone", compounded.Text, StringComparison.Ordinal);

        var dispensed = Read("eDISP-MED_2024.01").Medications[0];
        Assert.Equal("AADC9C14-F1CA-4177-B2C8-A5178D5B3CA0", dispensed.PrescriptionItem);
        Assert.Equal((2m, "30009000"), (dispensed.Supplied!.Value, dispensed.Supplied.Unit));
        Assert.Equal("20190526094914+0100", Read("CNAM-HR_2021.01").Medications[0].SuppliedAt!.Written);
        Assert.Equal("I20.0", Assert.Single(Read("VSM_1.4_2022.01").Medications[0].Reasons).Code);
        Assert.Equal("CHILD", Read("OBP-SAP_2024.01").Medications[1].Subject!.Code);

        // Its words are in the narrative, and what points to them does not: it is told, and what else is known stands.
        var nameless = Read("eDISP-MED_2024.01");
        Assert.Equal(UnreadReason.NoProduct, Assert.Single(nameless.Unread).Reason);
        Assert.Equal("50015000", nameless.Medications[1].Product.Form!.Code);
        Assert.StartsWith("Diminuer la posologie", nameless.Medications[1].PatientInstructions, StringComparison.Ordinal);
    }

    private static string Count(string file, string document) =>
        Expected(file).Count(row => row[0] == document) is > 0 and var count ? count.ToString(CultureInfo.InvariantCulture) : "";

    private static List<string[]> Expected(string file) =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Expected", file))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')),
    ];

    private static IEnumerable<string?> Columns(Allergy fact) =>
    [
        $"{(fact.IsNegated ? "N" : "")}{(fact.IsNegatedByWords ? "W" : "")}",
        fact.Type?.Code,
        fact.Agent?.Code.Code,
        fact.Value?.Code,
        Of(fact.Period?.Low),
        Of(fact.Period?.High),
        fact.Status?.Code,
        fact.Criticality?.Code,
        fact.Certainty?.Code,
        string.Join(", ", fact.Reactions.Select(reaction => $"{reaction.Manifestation.Code} {reaction.Severity?.Code}".Trim())),
    ];

    private static FactReading Read(string document)
    {
        using var stream = File.OpenRead(Path.Combine(SharedSamples.Folder("samples/cda"), $"{document}.xml"));
        return CdaFactReader.Read(stream);
    }

    private static string Line(Medication fact, string? name) => string.Join(
        " | ",
        fact.Source.Section,
        fact.Role,
        $"{(fact.IsImmunization ? "V" : "")}{(fact.IsNegated ? "N" : "")}{(fact.Subject is null ? "" : "S")}",
        string.Join(' ', fact.Product.Codes.Select(code => code.Code)),
        name is { Length: > 0 } && fact.Product.Name?.StartsWith(name, StringComparison.Ordinal) == true ? name : fact.Product.Name,
        Of(fact.Period?.Low),
        Of(fact.Period?.High),
        string.Join(", ", fact.Dosages.Select(dosage => Of(dosage.Every)).Where(every => every.Length > 0)),
        string.Join(", ", fact.Dosages.Where(dosage => dosage.Dose is not null).Select(dosage => Of(dosage.Dose!))),
        fact.Dosages.Select(dosage => dosage.Route?.Code ?? dosage.Route?.NullFlavor).FirstOrDefault(route => route is not null));

    private static string Of(Moment? moment) => moment?.Written ?? moment?.NullFlavor ?? "";

    private static string Of(Quantity? quantity) =>
        quantity is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{Number(quantity)} {quantity.Unit}").Trim();

    private static string Of(QuantityRange range) =>
        string.Create(CultureInfo.InvariantCulture, $"{Number(range.Low)}..{Number(range.High)} {range.Low?.Unit}").Trim();

    private static string? Number(Quantity? quantity) => quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? quantity?.NullFlavor;
}
