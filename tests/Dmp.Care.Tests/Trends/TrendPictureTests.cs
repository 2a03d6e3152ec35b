using System.Xml.Linq;
using Dmp.Care.Exams;
using Dmp.Care.Tests.Exams;
using Dmp.Care.Trends;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Trends;

/// <summary>What the picture shows and what it says of what it does not show (rules T6 and T8).</summary>
public sealed class TrendPictureTests
{
    private const string Glucose = "2345-7";
    private const string Urine = "122575003";

    [Fact]
    public void T6_the_range_of_the_picture_is_the_normal_one()
    {
        var result = At("5");
        result.Observation.Ranges.Add(Range("20", "30", "HH"));
        var rate = Range("1", "2");
        rate.Value.Per = new QuantityRange { Low = Number("128"), Single = true };
        result.Observation.Ranges.Add(rate);
        result.Observation.Ranges.Add(Range("3.9", "6.1", "N"));
        result.Observation.Ranges.Add(Range("4", "5"));

        var point = Build(new Examined().Reports("20260620", result)).Series.Single().Points[0];

        Assert.Equal(("3.9", "6.1", 4), (point.Low, point.High, point.Ranges.Count));
        result.Observation.Ranges.RemoveAt(3);
        result.Observation.Ranges.RemoveAt(2);
        Assert.Equal("", Build(new Examined().Reports("20260620", result)).Series.Single().Points[0].Low);
    }

    [Fact]
    public void T8_a_day_is_the_one_of_Paris_and_no_more_is_told_than_is_known()
    {
        var svg = Drawn(new Examined().Reports("20260620", At("5", "2025"), At("6", "202602"), At("7", "20260531223000+0000")));

        Assert.Equal("3 valeurs, du 2025 (5) au 2026-06-01 (7).", Of(svg, "desc").Single().Value);
        Assert.Contains(Of(svg, "text"), text => text.Value == "2026-06-01");
        Assert.Contains(Of(svg, "title"), title => title.Value == "2026-02 : 6");
    }

    [Fact]
    public void T8_the_picture_says_what_is_not_in_it()
    {
        List<Fact> facts = [.. Enumerable.Range(0, 520).Select(i =>
            At($"{250_000 + (i % 7 * 1000)}", $"2025{1 + (i / 28 % 12):00}{1 + (i % 28):00}{i / 336:00}0000+0000"))];
        facts.Add(Result(Glucose, "1", "furlong"));
        facts.Add(At("1", specimen: Urine));

        var svg = Build(new Examined().Reports("20260620", [.. facts]), withPlot: true)
            .Series.Single(series => series.Specimen is null).Svg;

        var drawn = XDocument.Parse(svg);
        const string Lacks = "+ 320 plus anciennes, 1 non tracée";
        Assert.Contains(Of(drawn, "text"), text => text.Value == Lacks);
        Assert.EndsWith($" {Lacks}.", Of(drawn, "desc").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain("E+", svg, StringComparison.Ordinal);
        Assert.Contains(Of(drawn, "text"), text => text.Value == "252000");
    }

    private static Fact At(string value, string time = "20260601080000+0000", string? specimen = null) =>
        Result(Glucose, value, "mmol/L", time, specimen);

    private static ReferenceRange Range(string low, string high, string? interpretation = null) => new()
    {
        Value = new ObservedValue { Quantity = new QuantityRange { Low = Number(low), High = Number(high) } },
        Interpretation = interpretation is null ? null : Coded(interpretation),
    };

    private static Quantity Number(string value) => new() { Value = value, Unit = "mmol/L" };

    private static Trend Build(Examined record, bool withPlot = false) =>
        TrendBuilder.Build(record.Documents, new(Code(Glucose), ExamTables.Empty()) { WithPlot = withPlot });

    private static XDocument Drawn(Examined record) => XDocument.Parse(Build(record, withPlot: true).Series.Single().Svg);

    private static IEnumerable<XElement> Of(XDocument svg, string name) =>
        svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg"));
}
