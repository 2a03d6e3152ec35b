using Dmp.Care.Exams;
using Dmp.Care.Tests.Exams;
using Dmp.Care.Trends;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Trends;

/// <summary>Which values are the very same (rule T7), and which only look like it.</summary>
public sealed class TrendCopyTests
{
    private const string Glucose = "2345-7";

    [Fact]
    public void T7_an_identifier_alone_makes_no_copy()
    {
        var (first, corrected, later) = (At("5"), At("7"), At("5", "20260608080000+0000"));
        Fact[] facts = [first, corrected, later];
        Array.ForEach(facts, fact => fact.Source = new FactSource { Ids = { "1.2.250.1" } });
        Examined record = new();
        foreach (var (fact, place) in facts.Select((fact, place) => (fact, place)))
        {
            record.Reports($"2026062{place}", fact);
        }

        Assert.Equal(["5", "7", "5"], Build(record).Series.Single().Points.Select(point => point.Value));
    }

    [Fact]
    public void T7_one_identifier_and_one_content_are_one_value_even_of_a_day()
    {
        var (one, copy) = (At("5", "20260618"), At("5", "20260618"));
        one.Source = new FactSource { Ids = { "1.2.250.1^7" } };
        copy.Source = new FactSource { Ids = { "1.2.250.1^7" } };

        var point = Assert.Single(Build(new Examined().Reports("20260620", one).Reports("20260622", copy)).Series.Single().Points);

        Assert.Single(point.Copies);
    }

    private static Fact At(string value, string time = "20260601080000+0000") => Result(Glucose, value, "mmol/L", time);

    private static Trend Build(Examined record) => TrendBuilder.Build(record.Documents, new(Code(Glucose), ExamTables.Empty()));
}
