using System.Diagnostics;
using System.Text;
using Dmp.Care.Emergencies;
using UglyToad.PdfPig;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>The page as PDF/A.</summary>
public sealed class PdfTests
{
    private const string JavaFolder = "/usr/share/java";
    private static readonly string[] jars =
        ["preflight.jar", "pdfbox2.jar", "xmpbox.jar", "fontbox2.jar", "commons-logging.jar", "jaxb-api.jar", "javax.activation.jar"];

    public static TheoryData<string> Hostile => WrittenPageTests.Hostile;

    [Fact]
    public void A_full_page_is_one_A4_and_says_what_the_text_says()
    {
        var page = EmergencySummaryBuilder.Build(ExamplePage.Input());
        using var pdf = PdfDocument.Open(PdfPage.Write(page));
        Assert.Equal(1, pdf.NumberOfPages);
        Assert.Equal((595d, 842d), (pdf.GetPage(1).Width, pdf.GetPage(1).Height));
        Assert.Equal("Synthèse d'urgence", pdf.Information.Title);
        var words = WordsOf(pdf);
        foreach (var line in page.Allergies.Lines.Select(one => one.Line).Concat(page.DangerousMedicines.Lines.Select(one => one.Line))
            .Concat(page.OtherMedicines.Lines.Select(one => one.Line)).Concat(page.Interactions.Lines.Select(one => one.Line)))
        {
            Assert.Contains(Plain(line.Title), words, StringComparison.Ordinal);
            Assert.Contains(Plain(line.Origin), words, StringComparison.Ordinal);
        }

        Assert.Contains(Plain(page.NotFound.HiddenPossible), words, StringComparison.Ordinal);
        Assert.Contains(Plain(page.Strip.Warning), words, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_page_is_the_same_file_and_another_one_is_another()
    {
        var page = EmergencySummaryBuilder.Build(ExamplePage.Input());
        var first = PdfPage.Write(page);
        Assert.Equal(first, PdfPage.Write(page));
        var english = EmergencySummaryBuilder.Build(ExamplePage.Input() with { Language = SummaryLanguage.English });
        Assert.NotEqual(first, PdfPage.Write(english));
        Assert.InRange(first.Length, 10_000, 150_000);
    }

    [Fact]
    public void Written_by_many_at_a_time_it_stays_the_same()
    {
        var page = EmergencySummaryBuilder.Build(ExamplePage.Input());
        var first = PdfPage.Write(page);
        Assert.All(Enumerable.Range(0, 8).AsParallel().Select(_ => PdfPage.Write(page)).ToList(), other => Assert.Equal(first, other));
    }

    [Fact]
    public void A_page_that_is_too_long_goes_on_on_a_second_one_and_loses_no_dangerous_medicine()
    {
        string[] dangerous = ["COUMADINE", "LANTUS", "SKENAN", "PROGRAF", "CORDARONE", "TERALITHE", "KEPPRA", "KARDEGIC"];
        var dose = string.Join(' ', Enumerable.Repeat("un comprimé le matin puis deux le soir,", 8));
        var page = Page(Letter(
            "1",
            "20261001",
            [
                .. Enumerable.Range(1, 30).Select(number => Allergy($"Allergène {number:00}", "active")),
                .. Enumerable.Range(1, 6).SelectMany(number => dangerous.Select(name => Listed($"{name} forme {number}", dose: dose))),
            ]));
        Assert.True(page.DangerousMedicines.Lines.Count >= dangerous.Length);
        using var pdf = PdfDocument.Open(PdfPage.Write(page));
        Assert.InRange(pdf.NumberOfPages, 2, 20);
        var words = WordsOf(pdf);
        Assert.All(page.DangerousMedicines.Lines, line => Assert.Contains(Plain(line.Line.Title), words, StringComparison.Ordinal));
        Assert.All(page.Allergies.Lines, line => Assert.Contains(Plain(line.Line.Title), words, StringComparison.Ordinal));
        Assert.Contains("1/2", words.Replace($"/{pdf.NumberOfPages}", "/2", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Whatever_a_document_says_is_text_and_the_file_stays_whole(string words)
    {
        var bytes = PdfPage.Write(EmergencySummaryBuilder.Build(WrittenPageTests.Filled(words)));
        using var pdf = PdfDocument.Open(bytes);
        Assert.InRange(pdf.NumberOfPages, 1, 20);
        Assert.Contains(Plain("Des documents peuvent exister sans être visibles ici."), WordsOf(pdf), StringComparison.Ordinal);
        var plain = Encoding.Latin1.GetString(bytes);
        foreach (var forbidden in new[] { "/JavaScript", "/JS", "/Launch", "/OpenAction", "/AA", "/EmbeddedFile", "/URI", "/Encrypt" })
        {
            Assert.DoesNotContain(forbidden + "(", plain, StringComparison.Ordinal);
            Assert.DoesNotContain(forbidden + "<", plain, StringComparison.Ordinal);
            Assert.DoesNotContain(forbidden + "/", plain, StringComparison.Ordinal);
        }
    }

    /// <summary>The validator of PDFBox, level A-1b, where it is installed (Debian: libpdfbox2-java, libjaxb-api-java).</summary>
    [Theory]
    [InlineData("example", false)]
    [InlineData("example", true)]
    [InlineData("empty", false)]
    [InlineData("long", false)]
    public async Task A_validator_takes_it_for_PDF_A(string which, bool isEnglish)
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/java") && jars.All(jar => File.Exists(Path.Combine(JavaFolder, jar))),
            "No validator here: the packages libpdfbox2-java and libjaxb-api-java are not installed.");
        var input = which switch
        {
            "example" => ExamplePage.Input(),
            "empty" => Input(),
            _ => WrittenPageTests.Filled(string.Concat(Enumerable.Repeat("é😀 <b> ", 40))),
        };
        var page = EmergencySummaryBuilder.Build(input with { Language = isEnglish ? SummaryLanguage.English : SummaryLanguage.French });
        var file = Path.Combine(Path.GetTempPath(), $"page-{Guid.NewGuid():N}.pdf");
        await File.WriteAllBytesAsync(file, PdfPage.Write(page), TestContext.Current.CancellationToken);
        try
        {
            using var java = Process.Start(new ProcessStartInfo("/usr/bin/java")
            {
                ArgumentList =
                {
                    "-cp", string.Join(':', jars.Select(jar => Path.Combine(JavaFolder, jar))),
                    "org.apache.pdfbox.preflight.Validator_A1b", file,
                },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var told = await java.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await java.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(java.ExitCode == 0, told);
            Assert.Contains("is a valid PDF/A-1b file", told, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string WordsOf(PdfDocument pdf) =>
        Plain(string.Concat(pdf.GetPages().Select(page => ContentOrderTextExtractor.GetText(page))));

    /// <summary>Without blanks: where a line ends is not what is looked at.</summary>
    private static string Plain(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));
}
