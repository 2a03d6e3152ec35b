using Dmp.Care.Emergencies;
using Xunit;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>Writes the page of the documentation's pictures, for whoever wants to look at it: DMP_WRITE_PAGE names the folder.</summary>
public sealed class ExampleFilesTests
{
    [Fact]
    public void The_example_is_written_where_it_is_asked_for()
    {
        var folder = Environment.GetEnvironmentVariable("DMP_WRITE_PAGE");
        Assert.SkipUnless(folder is not null, "DMP_WRITE_PAGE names no folder.");
        foreach (var language in Enum.GetValues<SummaryLanguage>())
        {
            var page = EmergencySummaryBuilder.Build(ExamplePage.Input() with { Language = language });
            var name = Path.Combine(Directory.CreateDirectory(folder!).FullName, $"page-{page.Strip.LanguageCode}");
            File.WriteAllText($"{name}.html", HtmlPage.Write(page));
            File.WriteAllText($"{name}.txt", TextPage.Write(page));
            File.WriteAllBytes($"{name}.pdf", PdfPage.Write(page));
        }
    }
}
