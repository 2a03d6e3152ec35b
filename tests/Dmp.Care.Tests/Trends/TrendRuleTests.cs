using System.Globalization;
using System.Xml.Linq;
using CsCheck;
using Dmp.Care.Exams;
using Dmp.Care.Tests.Exams;
using Dmp.Care.Trends;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Trends;

/// <summary>The rules of trends (docs/care-exams.md), each by its example.</summary>
public sealed class TrendRuleTests
{
    private const string Glucose = "2345-7";
    private const string Serum = "119364003";
    private const string Urine = "122575003";

    [Fact]
    public void T1_values_stand_in_the_order_of_their_specimens_and_each_specimen_by_itself()
    {
        var trend = Build(new Examined()
            .Reports("20260620", At("3", "20260618", Serum), At("1", "20260101", Serum), At("9", "20260619", Urine))
            .Reports("20260610", At("2", "20260601", Serum)));

        Assert.Equal([Urine, Serum], trend.Series.Select(series => series.Specimen.Code));
        Assert.Equal(["1", "2", "3"], trend.Series[1].Points.Select(point => point.Value));
    }

    [Fact]
    public void T2_what_does_not_count_or_is_no_number_is_told_and_not_plotted()
    {
        var (words, range, titre, child) = (At("1"), At("1"), At("1"), At("5"));
        words.Observation.Values[0] = new ObservedValue { Text = "<1.0 mg/L" };
        range.Observation.Values[0].Quantity = new QuantityRange { Low = Number("1"), High = Number("2") };
        titre.Observation.Values[0].Per = new QuantityRange { Low = Number("128"), Single = true };
        child.Subject = Coded("CHILD");
        var cancelled = Result(Glucose, "4", "mmol/L", state: "cancelled");
        var huge = At("1e30");

        var trend = Build(new Examined().Reports("20260620", words, range, titre, child, cancelled, huge, At("NaN"), At("7")));

        Assert.Equal("7", Assert.Single(Assert.Single(trend.Series).Points).Value);
        Assert.Equal(
            [(UnplottedReason.NotANumber, 5), (UnplottedReason.State, 1), (UnplottedReason.OfAnotherPerson, 1)],
            trend.Unplotted.CountBy(one => one.Reason).Select(one => (one.Key, one.Value)).OrderBy(one => one.Key));
    }

    [Fact]
    public void T2_a_bound_is_a_point_that_says_so()
    {
        var (below, above) = (At("5", "20260601"), At("9", "20260602"));
        below.Observation.Values[0].Quantity = new QuantityRange { High = Number("5") };
        above.Observation.Values[0].Quantity = new QuantityRange { Low = Number("9") };

        var points = Build(new Examined().Reports("20260620", below, above)).Series.Single().Points;

        Assert.Equal([ValueBound.Below, ValueBound.Above], points.Select(point => point.Bound));
    }

    [Fact]
    public void T2_a_result_that_is_off_the_scale_is_a_bound()
    {
        var (below, above) = (At("5", "20260601"), At("9", "20260602"));
        below.Observation.Interpretations.Add(Coded("<"));
        above.Observation.Interpretations.Add(Coded(">"));

        var points = Build(new Examined().Reports("20260620", below, above)).Series.Single().Points;

        Assert.Equal([ValueBound.Below, ValueBound.Above], points.Select(point => point.Bound));
    }

    [Fact]
    public void T2_what_was_replaced_does_not_count()
    {
        var trend = Build(new Examined().Reports("20260620", Result(Glucose, "4", "mmol/L", state: "obsolete")));

        Assert.Equal(UnplottedReason.State, Assert.Single(trend.Unplotted).Reason);
    }

    [Fact]
    public void T3_units_become_the_one_of_the_newest_value_or_the_one_asked_for()
    {
        var record = new Examined().Reports(
            "20260620",
            Result(Glucose, "1", "g/L", "20260101"),
            Result(Glucose, "90", "mg/dL", "20260201"),
            Result(Glucose, "3", "zz", "20260301"));

        var series = Assert.Single(Build(record).Series);
        Assert.Equal(("mg/dL", "100", "90"), (series.Unit, series.Points[0].Value, series.Points[1].Value));
        Assert.Equal(("1", UnitConversion.Unit), (series.Points[0].Stated.Value, series.Points[0].Conversion));
        Assert.Equal(UnplottedReason.UnitUnknown, Assert.Single(Build(record).Unplotted).Reason);
        var asked = Build(record, question => question with { Unit = "g/L" }).Series.Single();
        Assert.Equal(["1", "0.9"], asked.Points.Select(one => one.Value));
    }

    [Fact]
    public void T4_what_is_of_another_kind_is_told()
    {
        var trend = Build(new Examined().Reports(
            "20260620", Result(Tsh, "1", "g/L", "20260101"), Result(Tsh, "2", "m[IU]/L", "20260201")), code: Tsh);

        Assert.Equal("2", Assert.Single(Assert.Single(trend.Series).Points).Value);
        Assert.Equal(UnplottedReason.UnitDiffers, Assert.Single(trend.Unplotted).Reason);
    }

    [Fact]
    public void T5_moles_and_grams_come_together_where_the_substance_is_known()
    {
        var tables = ExamTables.Empty();
        Assert.Empty(tables.AddEquivalents(new StringReader($"{Loinc}\t{Glucose}\t{Loinc}\t14749-6\tinvented")));
        var record = new Examined().Reports(
            "20260620", Result("14749-6", "5", "mmol/L", "20260101"), Result(Glucose, "0.9", "g/L", "20260201"));

        var point = Build(record, question => question with { Tables = tables }).Series.Single().Points[0];

        Assert.Equal(("0.90078", UnitConversion.MolarMass, "14749-6"), (point.Value, point.Conversion, point.Code.Code));
        Assert.Single(Build(record).Series.Single().Points);
    }

    [Fact]
    public void T5_what_the_document_states_in_both_units_needs_no_arithmetic()
    {
        var both = At("1.2", "20260101");
        both.Observation.Values[0].Quantity.Low = new Quantity { Value = "1.2", Unit = "g/L", Translations = { Number("6.7") } };

        var point = Build(new Examined().Reports("20260620", both, At("5"))).Series.Single().Points[0];

        Assert.Equal(("6.7", UnitConversion.Stated), (point.Value, point.Conversion));
    }

    [Fact]
    public void T6_ranges_are_those_of_each_value_in_the_unit_of_the_series()
    {
        var result = Result(Glucose, "1", "g/L", "20260101");
        result.Observation.Ranges.Add(new ReferenceRange
        {
            Value = new ObservedValue
            {
                Quantity = new QuantityRange { Low = new() { Value = "0.7", Unit = "g/L" }, High = new() { Value = "1.1" } },
            },
        });

        var series = Build(new Examined().Reports("20260620", result), question => question with { Unit = "mg/dL" }).Series.Single();
        var point = series.Points[0];

        Assert.Equal(("70", "110", "0.7"), (point.Low, point.High, point.Ranges[0].Value.Quantity.Low.Value));
    }

    [Fact]
    public void T7_a_copy_in_another_document_is_no_second_value()
    {
        var point = Assert.Single(Build(new Examined()
            .Reports("20260620", At("5"))
            .Reports("20260622", At("5"))).Series.Single().Points);
        Assert.Single(point.Copies);

        // Of one day both may be true.
        Assert.Equal(2, Build(new Examined()
            .Reports("20260620", At("5", "20260618"))
            .Reports("20260622", At("5", "20260618"))).Series.Single().Points.Count);
    }

    [Fact]
    public void T8_the_picture_prints_and_says_in_words_what_it_shows()
    {
        var high = At("9", "20260301");
        high.Observation.Interpretations.Add(Coded("H"));
        high.Observation.Ranges.Add(new ReferenceRange
        {
            Value = new ObservedValue { Quantity = new QuantityRange { Low = Number("3.9"), High = Number("6.1") } },
        });

        var svg = Drawn(new Examined().Reports("20260620", At("5", "20260101"), high));

        Assert.Equal("100mm", svg.Root!.Attribute("width")!.Value);
        Assert.Equal("img", svg.Root.Attribute("role")!.Value);
        Assert.Equal($"{Glucose} (mmol/L)", Of(svg, "title").First().Value);
        Assert.Equal("2 valeurs, du 2026-01-01 (5) au 2026-03-01 (9).", Of(svg, "desc").Single().Value);
        Assert.Contains(Of(svg, "path"), path => path.Attribute("d")!.Value.EndsWith("l5 9h-10z", StringComparison.Ordinal));
        Assert.Contains(Of(svg, "rect"), rect => rect.Attribute("stroke-dasharray") is not null);

        // Black, white and the grey of the band.
        Assert.Subset(
            new HashSet<string> { "#000", "#fff", "#ddd", "none" },
            svg.Descendants().SelectMany(node => node.Attributes())
                .Where(one => one.Name.LocalName is "fill" or "stroke").Select(one => one.Value).ToHashSet());
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"/><image href=\"http://example.org/x\"/>")]
    [InlineData("]]>\u0000\u0007&amp;\uFFFE")]
    public void T8_words_of_documents_are_words_in_the_picture(string hostile)
    {
        var svg = Drawn(
            new Examined().Reports("20260620", Result(Glucose, "5", hostile, "20260101"), Result(Glucose, "6", hostile, "20260102")),
            question => question with { Code = Code(Glucose, display: hostile) });

        Assert.Subset(
            new HashSet<string> { "svg", "title", "desc", "rect", "text", "path", "polyline", "g", "circle" },
            svg.Descendants().Select(node => node.Name.LocalName).ToHashSet());
        Assert.DoesNotContain(
            svg.Descendants().SelectMany(node => node.Attributes()),
            one => one.Name.LocalName is "href" or "style" or "class" || one.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
    }

    [Fact]
    public void Five_thousand_values_and_absurd_ones_are_drawn_within_the_frame()
    {
        string[] values = ["1e17", "-5", "0", "0.000000001", "123456789012345", "-1e17", "5"];
        string[] times = ["20260101", "99991231", "1850", "2026", "20260101080000+0000", ""];
        var facts = Enumerable.Range(0, 5_000).Select(i => Result(
            Glucose, values[i % values.Length], "mmol/L",
            i % 2 == 0 ? times[i % times.Length] : $"2026{1 + i % 12:00}{1 + i % 28:00}{i % 24:00}{i % 60:00}00+0000")).ToArray();

        var trend = Build(new Examined().Reports("20260620", facts), question => question with { WithPlot = true });

        var series = Assert.Single(trend.Series);
        Assert.Equal(TrendBuilder.PointsMax, series.Points.Count);
        Assert.Equal(5_000, series.Points.Count + series.OlderPoints + trend.Unplotted.Count + trend.MoreUnplotted);
        Assert.InRange(series.Svg.Length, 1_000, 256 * 1024);
        var svg = XDocument.Parse(series.Svg);
        Assert.Equal(TrendPlot.PointsMax, Of(svg, "g").Count());
        Assert.All(
            svg.Descendants().SelectMany(node => node.Attributes()).Where(one => one.Name.LocalName is "x" or "y" or "cx" or "cy"),
            one => Assert.InRange(double.Parse(one.Value, CultureInfo.InvariantCulture), 0, 400));
    }

    [Fact]
    public void An_answer_of_long_words_can_be_read_and_counts_what_it_lacks()
    {
        Examined record = new();
        for (var i = 0; i < 60; i++)
        {
            Fact[] facts = [At($"{i}", $"202606{1 + (i % 28):00}", Serum), At("NaN")];
            Array.ForEach(facts, fact => fact.Observation.Code.Display = new string('x', 100_000));
            facts[0].Observation.Ranges.Add(new ReferenceRange { Text = new string('x', 100_000) });
            record.Reports("20260629", facts);
        }

        var trend = Build(record, question => question with { WithPlot = true });

        Assert.InRange(trend.CalculateSize(), 1024 * 1024, 3 * 1024 * 1024);
        var series = Assert.Single(trend.Series);
        Assert.Equal("55", series.Points[^1].Value);
        Assert.Equal((60, 60), (series.Points.Count + series.OlderPoints, trend.Unplotted.Count + trend.MoreUnplotted));
        Assert.NotEmpty(trend.Unplotted);
    }

    [Fact]
    public void Of_many_specimens_the_newest_are_told_and_the_others_counted()
    {
        var facts = Enumerable.Range(0, 25).Select(i => At("5", $"202606{1 + i:00}", $"{i}")).ToArray();

        var trend = Build(new Examined().Reports("20260629", facts), question => question with { WithPlot = true });

        Assert.Equal((TrendBuilder.SeriesMax, 5), (trend.Series.Count, trend.MoreSeries));
        Assert.Equal("24", trend.Series[0].Specimen.Code);
        Assert.All(trend.Series, series => Assert.NotEmpty(series.Svg));
    }

    [Fact]
    public void The_order_of_the_documents_changes_nothing() =>
        Gen.Select(Gen.Int[0, 6].Array[1, 8], Gen.Int).Sample((days, seed) =>
        {
            Examined record = new();
            for (var i = 0; i < days.Length; i++)
            {
                var time = $"2026060{1 + days[i] % 3}080000+0000";
                record.Reports($"2026062{days[i]}", At($"{days[i] % 3}", time, days[i] % 2 == 0 ? Serum : null));
            }

            var shuffled = record.Documents.ToArray();
            new Random(seed).Shuffle(shuffled);
            TrendQuestion question = new(Code(Glucose), ExamTables.Empty()) { WithPlot = true };
            Assert.Equal(TrendBuilder.Build(record.Documents, question), TrendBuilder.Build(shuffled, question));
        });

    private static Fact At(string value, string time = "20260601080000+0000", string? specimen = null) =>
        Result(Glucose, value, "mmol/L", time, specimen);

    private static Quantity Number(string value) => new() { Value = value, Unit = "mmol/L" };

    private static Trend Build(Examined record, Func<TrendQuestion, TrendQuestion>? change = null, string code = Glucose)
    {
        TrendQuestion question = new(Code(code), ExamTables.Empty());
        return TrendBuilder.Build(record.Documents, change is null ? question : change(question));
    }

    private static XDocument Drawn(Examined record, Func<TrendQuestion, TrendQuestion>? change = null) => XDocument.Parse(
        Build(record, question => (change is null ? question : change(question)) with { WithPlot = true }).Series.Single().Svg);

    private static IEnumerable<XElement> Of(XDocument svg, string name) =>
        svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg"));
}
