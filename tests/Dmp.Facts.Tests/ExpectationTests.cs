using Dmp.Facts.Model;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Facts.Tests;

/// <summary>The published samples, beside what was read in them without a program.</summary>
public sealed class ExpectationTests
{
    private static readonly List<string[]> expected = Expected("medications.tsv");

    public static TheoryData<string> Documents => [.. expected.Select(row => row[0]).Distinct()];

    /// <summary>Each list of expectations with each of its documents.</summary>
    public static TheoryData<string, string> Lists =>
    [
        .. from list in FactLines.Lists.Keys
           from document in Expected(list).Select(row => row[0]).Distinct()
           select (list, document),
    ];

    [Theory]
    [MemberData(nameof(Lists))]
    public void Every_statement_is_read_as_it_is_written(string list, string document) => Assert.Equal(
        Expected(list).Where(row => row[0] == document).Select(row => string.Join(" | ", row[1..])),
        FactLines.Lists[list](Read(document)).Select(columns => string.Join(" | ", columns)));

    /// <summary>A document of which no row is expected has none, and the page says how many rows there are.</summary>
    [Fact]
    public void Nothing_is_read_that_is_not_there()
    {
        var medicines = expected.Select(row => row[0]).ToHashSet();
        Assert.All(
            SampleDocuments().Where(document => !medicines.Contains(document)), document => Assert.Empty(Read(document).Of<Medication>()));
        var acts = Expected("acts.tsv");
        var references = acts.Count(row => row[2] == "reference");
        Assert.Contains(
            $"{expected.Count} medicines, {Expected("allergies.tsv").Count} allergies, {Expected("problems.tsv").Count} problems, "
            + $"{Expected("observations.tsv").Count} observations, {acts.Count - references} acts, encounters and devices, and "
            + $"{references} references.",
            Repository.Read("docs/facts.md").Replace('\n', ' '),
            StringComparison.Ordinal);
        foreach (var (list, lines) in FactLines.Lists)
        {
            var wanted = Expected(list).Select(row => row[0]).ToHashSet();
            Assert.All(
                SampleDocuments().Where(document => !wanted.Contains(document)),
                document => Assert.Empty(lines(Read(document))));
        }
    }

    [Fact]
    public void Words_that_say_none_are_no_allergy()
    {
        var none = Assert.Single(Read("LDL-SES_2022.01").Of<Allergy>());
        Assert.Equal("Aucune allergie / intolérance identifiée pendant le séjour", none.Text);
        Assert.Null(none.Agent);
        Assert.Equal(FactAbsence.NoneByWords, none.Absence);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_statement_on_a_medicine_is_read_as_a_person_reads_it(string document)
    {
        var reading = Read(document);
        Assert.Null(reading.Failure);
        var wanted = expected.Where(row => row[0] == document).ToList();
        var found = reading.Of<Medication>();
        var lines = found.Select((fact, place) => string.Join(" | ", FactLines.Of(fact, wanted.ElementAtOrDefault(place)?[5]))).ToList();
        Assert.Equal(wanted.Select(row => string.Join(" | ", row[1..])), lines);
    }

    [Fact]
    public void Every_sample_is_read_to_its_end_and_as_much_of_it_as_the_page_says()
    {
        var page = Repository.Read("docs/facts.md");
        List<string> missing = [];
        foreach (var document in SampleDocuments())
        {
            var reading = Read(document);
            Assert.True(reading.Failure is null, $"{document}: {reading.Failure}");
            int[] read =
            [
                reading.Of<Medication>().Count, reading.Of<Allergy>().Count, reading.Of<Problem>().Count, reading.Of<Observation>().Count,
                reading.Of<ClinicalAct>().Count, reading.Of<Encounter>().Count, reading.Of<Device>().Count, reading.Of<Remark>().Count,
                reading.Unread.Sum(unread => unread.Count),
            ];
            var row = $"| {document} | {string.Join(" | ", read)} |";
            if (!page.Contains(row, StringComparison.Ordinal))
            {
                missing.Add(row);
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public void Words_are_kept_beside_codes_and_phases_in_their_order()
    {
        var item = Read("eP-MED-DM_2024.01_PosoStruct").Of<Medication>()[0];
        Assert.Equal(2, item.Dosages.Count);
        Assert.Equal((2m, "d"), (item.Dosages[0].Period!.Width!.Value, item.Dosages[0].Period!.Width!.Unit));
        Assert.Equal((1500m, 3000m), (item.Dosages[0].Rate!.Low!.Value, item.Dosages[0].Rate!.High!.Value));
        Assert.Equal((3, (4m, 1m)), (item.Renewals, (item.Most!.Value.Numerator.Value!.Value, item.Most.Value.Denominator.Value!.Value)));
        Assert.Equal("500 mg", $"{item.Product.Ingredients[0].Numerator!.Value} {item.Product.Ingredients[0].Numerator!.Unit}");
        var compounded = Read("eP-MED-DM_2024.01_PosoStruct").Of<Medication>()[1].Product;
        Assert.StartsWith("Préparation magistrale : - 30g de diprosone", compounded.Text, StringComparison.Ordinal);

        var dispensed = Read("eDISP-MED_2024.01").Of<Medication>()[0];
        Assert.Equal("AADC9C14-F1CA-4177-B2C8-A5178D5B3CA0", dispensed.PrescriptionItem);
        Assert.Equal((2m, "30009000"), (dispensed.Supplied!.Value, dispensed.Supplied.Unit));
        Assert.Equal("20190526094914+0100", Read("CNAM-HR_2021.01").Of<Medication>()[0].SuppliedAt!.Written);
        var reason = Assert.Single(Read("VSM_1.4_2022.01").Of<Medication>()[0].References);
        Assert.Equal(("RSON", "I20.0"), (reason.Relation, reason.Code!.Code));
        Assert.Equal("CHILD", Read("OBP-SAP_2024.01").Of<Medication>()[1].Subject!.Code);

        // Its words are in the narrative, and what points to them does not: it is told, and what else is known stands.
        var nameless = Read("eDISP-MED_2024.01");
        Assert.Single(nameless.Unread, unread => unread.Reason == UnreadReason.NoProduct);
        Assert.Equal("50015000", nameless.Of<Medication>()[1].Product.Form!.Code);
        Assert.StartsWith("Diminuer la posologie", nameless.Of<Medication>()[1].PatientInstructions, StringComparison.Ordinal);
    }

    /// <summary>What the lists have no column for.</summary>
    [Fact]
    public void What_stands_around_a_statement_belongs_to_it()
    {
        // Two isolates with an antibiogram each: which germ is resistant stands two batteries further out.
        var susceptibilities = Read("BIO-CR-BIO_2024.01_Microbiologie_V1").Of<Observation>()
            .Where(fact => fact.Panels is [.., { Code: "18769-0" }])
            .ToList();
        Assert.Equal(
            [("20-8", "112283007"), ("28-1", "112283007"), ("20-8", "58800005"), ("28-1", "58800005")],
            susceptibilities.Where(fact => fact.Code!.Code is "20-8" or "28-1").Select(fact => (fact.Code!.Code!, fact.Specimen!.Code!)));
        Assert.Equal("18725-2", susceptibilities[0].Panels[0].Code);
        Assert.All(susceptibilities, fact => Assert.Equal(ObservationKind.Laboratory, fact.Kind));
        var (from, below) = (susceptibilities[0].Values[0].Quantity!, susceptibilities[1].Values[0].Quantity!);
        Assert.Equal((0.512m, false, null), (from.Low!.Value, from.Low.IsExclusive, from.High));
        Assert.Equal((0.128m, true, null), (below.High!.Value, below.High.IsExclusive, below.Low));

        var glucose = Read("AVC-AUNV_2022.01").Of<Observation>().First(fact => fact.Code!.Code == "32016-8");
        Assert.Equal(
            (1.2m, "g/L", 6.7m, "mmol/L"),
            (glucose.Values[0].Quantity!.Low!.Value, glucose.Values[0].Quantity!.Low!.Unit,
                glucose.Values[0].Quantity!.Low!.Translations[0].Value, glucose.Values[0].Quantity!.Low!.Translations[0].Unit));

        // Nine vital signs have their day in the battery only.
        Assert.All(
            Read("AVC-AUNV_2022.01").Of<Observation>()
                .Where(fact => fact.Kind == ObservationKind.VitalSign && fact.Time!.Low!.Written is null),
            fact => Assert.Equal("20100312", fact.PanelTime!.Low!.Written));

        var group = Assert.Single(Read("OBP-SAP_2024.01").Of<Observation>(), fact => fact.Kind == ObservationKind.BloodGroup);
        Assert.Equal("groupe sanguin A positif", group.Values[0].Code!.Display);
        Assert.Contains(Read("OBP-SAP_2024.01").Of<Observation>(), fact => fact.Kind == ObservationKind.Pregnancy);
        Assert.All(
            Read("CSE-MDE_2023.01").Of<Observation>(),
            fact => Assert.Equal((ObservationKind.VitalSign, "8716-3"), (fact.Kind, fact.Source.Section)));
    }

    [Fact]
    public void Acts_have_their_side_their_way_and_who_did_them()
    {
        var act = Read("IPS-FR_2024.01").Of<ClinicalAct>().First(fact => fact.Code!.Code == "DDAF004");
        Assert.Equal("229801003", Assert.Single(act.Approaches).Code);
        Assert.Equal(("RSON", "I21.1"), (act.References[0].Relation, act.References[0].Code!.Code));
        Assert.Equal(("1.2.250.1.71.4.2.1^801234567897", "20180114111700+0100"), (act.Author!.Id, act.Author.Time!.Written));
        var scan = Read("IMG_CR_IMG_2024.01").Of<ClinicalAct>()[0];
        Assert.Equal(("24727-0", "ACQH004"), (scan.Code!.Code, Assert.Single(scan.Code.Translations).Code));

        var tumour = Read("CANCER-FRCP_2022.01_Transversale").Of<Problem>().First(fact => fact.Value!.Code == "8000/3");
        Assert.Equal("active", tumour.ConcernState);
        Assert.Equal("droit", Assert.Single(Assert.Single(tumour.Sites).Qualifiers).Value.Display);
        var stay = Read("CNAM-HR_2021.01").Of<Encounter>()[0];
        Assert.Equal(
            ("IMP", "CLINIQUE SAINTE GENEVIEVE", "1.2.250.1.71.4.2.2^1750300550"),
            (stay.Code!.Code, stay.Organization!.Name, stay.Organization.Id));
    }

    private static IEnumerable<string> SampleDocuments() => Directory.GetFiles(SharedSamples.Folder("samples/cda"), "*.xml")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Order(StringComparer.Ordinal);

    private static List<string[]> Expected(string file) =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Expected", file))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t')),
    ];

    private static FactReading Read(string document)
    {
        using var stream = File.OpenRead(Path.Combine(SharedSamples.Folder("samples/cda"), $"{document}.xml"));
        return CdaFactReader.Read(stream);
    }
}
