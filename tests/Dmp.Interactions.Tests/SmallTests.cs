using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Xunit;

namespace Dmp.Interactions.Tests;

/// <summary>The same over small files of our own, where the published ones are not at hand.</summary>
public sealed class SmallTests
{
    private static readonly string folder = Path.Combine(AppContext.BaseDirectory, "Small");
    private static readonly ThesaurusReading thesaurus = TextThesaurus.Read(
        "small", PublishedFile.At(Path.Combine(folder, "thesaurus.txt")), PublishedFile.At(Path.Combine(folder, "table.csv")));

    private static readonly MedicineReading medicines = BdpmFiles.Read("small", PublishedFile.In(folder));
    private static readonly InteractionChecker checker = new(thesaurus.Thesaurus, medicines.Table);

    [Fact]
    public void Products_are_checked_by_their_codes()
    {
        var report = Check("60562855", "3400934971907", "64631925", "60000001", "60000002");
        Assert.Equal("PLAVIX 75 mg, comprimé pelliculé", report.Items[1].Medicine!.Name);
        Assert.Equal(["B01AC04"], report.Items[0].Medicine!.Atc);
        Assert.Single(Pair(report, 0, 1).Duplicates);
        var finding = Assert.Single(Pair(report, 0, 2).Findings);
        Assert.Equal(InteractionLevel.TakeIntoAccount, finding.Rule.Strongest);
        Assert.Equal(["clopidogrel", "warfarine"], [finding.FirstSubstance!.Key, finding.SecondSubstance!.Key]);
        Assert.Equal(LocalForm.Included, Assert.Single(Pair(report, 2, 3).Findings).SecondLocal);
        Assert.Equal((CheckOutcome.NoRule, true), (Pair(report, 0, 4).Outcome, Pair(report, 0, 4).IsComplete));
    }

    [Fact]
    public void A_name_stands_in_for_a_code_that_is_not_known()
    {
        var report = checker.Check(
        [
            new CheckItem { ProductCode = "99999999", SubstanceName = "clopidogrel" },
            new CheckItem { ProductCode = " ", SubstanceName = "warfarine" },
            new CheckItem { ProductCode = "64631925", SubstanceName = "clopidogrel" },
        ]);
        Assert.Equal(["clopidogrel", "warfarine", "warfarine"], report.Items.Select(item => Assert.Single(item.Substances).Key));
        Assert.Single(Pair(report, 0, 1).Findings);
        Assert.Single(Pair(report, 1, 2).Duplicates);
    }

    [Fact]
    public void Each_level_of_a_rule_keeps_its_condition()
    {
        var report = checker.Check(
            [new CheckItem { SubstanceName = "acide acétylsalicylique" }, new CheckItem { SubstanceName = "Warfarine" }]);
        Assert.Equal(2, report.Pairs[0].Findings.Count);
        var first = report.Pairs[0].Findings[0].Rule;
        Assert.Equal("Le saignement est plus probable, surtout après un ulcère.", first.Mechanism);
        Assert.Equal(
            [
                "Contre-indication avec :\n- des doses anti-inflammatoires",
                "Association déconseillée avec :\n- des doses antalgiques, sans ulcère",
            ],
            first.Severities.Take(2).Select(severity => severity.Text));
        Assert.Equal(2, first.Lines.Count);
    }

    [Fact]
    public void Odd_rows_are_told_with_their_line()
    {
        var notice = Assert.Single(medicines.Notices);
        Assert.Equal(("CIS_bdpm.txt", 5, true), (notice.File, notice.Line, notice.IsFault));
        Assert.All(medicines.Table.ByCis.Values, medicine => Assert.Matches("^(comprimé|crème)", medicine.Form));
        Assert.Contains(thesaurus.Notices, told => told.Text.Contains("several levels", StringComparison.Ordinal));
        Assert.Contains(thesaurus.Notices, told => told.Text.Contains("not in table.csv", StringComparison.Ordinal));
        Assert.DoesNotContain(thesaurus.Notices, told => told.IsFault);
    }

    [Theory]
    [InlineData("Association INTERDITE")]
    [InlineData("CI - PEUT-ÊTRE")]
    public void A_level_that_is_none_is_told_and_not_guessed(string level)
    {
        var file = WithLevel(level);
        try
        {
            var reading = TextThesaurus.Read("odd", PublishedFile.At(file));
            Assert.Contains(reading.Notices, notice => notice is { IsFault: true, Line: 2 });
            Assert.Single(reading.Thesaurus.Rules);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_is_no_edition_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => TextThesaurus.Read("none", PublishedFile.At(Path.Combine(folder, "CIS_bdpm.txt"))));
        var table = PublishedFile.At(Path.Combine(folder, "table.csv"));
        Assert.Throws<InvalidDataException>(() => JsonThesaurus.Read("none", table, table));
        Assert.Throws<FileNotFoundException>(() => BdpmFiles.Read("none", []));
    }

    /// <summary>Published files have packs of products that they do not have.</summary>
    [Fact]
    public void A_pack_whose_product_is_not_published_leads_to_none()
    {
        PublishedFile[] files =
        [
            .. PublishedFile.In(folder).Where(file => file.Name != "CIS_CIP_bdpm.txt"),
            new("CIS_CIP_bdpm.txt", () => new MemoryStream("60999999\t3497190\tboîte\tactive\t\t\t3400934971907"u8.ToArray())),
        ];
        var table = BdpmFiles.Read("small", files).Table;
        Assert.Equal("60999999", table.CisByCip["3400934971907"]);
        Assert.Null(table.Find("3400934971907"));
        Assert.Equal("60562855", table.Find("60562855")!.Cis);
    }

    /// <summary>As <c>printf one &gt; a; printf two &gt; b; sha256sum a b | sha256sum</c> prints it.</summary>
    [Fact]
    public void The_digest_of_an_edition_is_that_of_what_sha256sum_prints()
    {
        PublishedFile[] files = [new("b", () => new MemoryStream("two"u8.ToArray())), new("a", () => new MemoryStream("one"u8.ToArray()))];
        Assert.Equal(
            "d17138d96382403690482a89da33475336ab36c046a6912a86badedd62301cb8",
            Convert.ToHexString(PublishedDigest.Of(files)).ToLowerInvariant());
    }

    private static string WithLevel(string level)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(
            file,
            $"""
            UN
            + DEUX
                                  Ceci.                                      {level}

            TROIS
            + QUATRE
                                  Cela.                                      CONTRE-INDICATION
            """);
        return file;
    }

    private static CheckReport Check(params string[] codes) =>
        checker.Check([.. codes.Select(code => new CheckItem { ProductCode = code })]);

    private static PairAnswer Pair(CheckReport report, int first, int second) =>
        report.Pairs.Single(pair => pair.First == first && pair.Second == second);
}
