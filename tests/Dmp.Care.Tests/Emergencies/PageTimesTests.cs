using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>Times of the page that are easily taken for others: of one specimen twice, without an offset, to come, mistyped.</summary>
public sealed class PageTimesTests
{
    [Fact]
    public void P10_An_hour_without_an_offset_is_one_of_the_clock_in_France()
    {
        var line = Assert.Single(Page(Results(
            "1", "20261020", Measured("6598-7", "9", "ng/L", "202610200730"), Measured("6598-7", "52", "ng/L", "202610200800+0200")))
            .Results.Lines);
        Assert.Equal(("52", "9"), (line.Value, line.PreviousValue));
        Assert.Contains("avant : 9 ng/L (20/10/2026 à 07:30)", line.Line.Details);
    }

    [Fact]
    public void P10_A_day_with_an_offset_is_the_day_that_was_written()
    {
        var line = Assert.Single(Page(Results("1", "20261020", Potassium("4.1", "20261015+0200"))).Results.Lines);
        Assert.Contains("15/10/2026", line.Line.Origin, StringComparison.Ordinal);
        var document = Results("1", "20261020");
        Assert.Equal(Time("20261015"), document.Read("20261015+0200")?.Time.ToUniversalTime());
    }

    private static Fact Potassium(string value, string time) => Measured("6298-4", value, "mmol/L", time);
}
