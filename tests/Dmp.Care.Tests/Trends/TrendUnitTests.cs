using Dmp.Care.Exams;
using Dmp.Care.Tests.Exams;
using Dmp.Care.Trends;
using Dmp.Care.V1;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Trends;

/// <summary>Quantities that look alike and are none, beside each other in one answer (rules T3 and T4).</summary>
public sealed class TrendUnitTests
{
    private const string Glucose = "2345-7";

    [Theory]
    [InlineData("4548-4", "48", "mmol/mol", "6.5", "%")]
    [InlineData("3289-6", "70", "%", "2.5", "{INR}")]
    [InlineData("3289-6", "70", "%", "0.7", "1")]
    [InlineData("25836-8", "50000", "{copies}/mL", "4.7", "{Log_copies}/mL")]
    [InlineData("62238-1", "80", "mL/min", "90", "mL/min/{1.73_m2}")]
    public void T4_quantities_that_look_alike_are_no_curve(string code, string old, string oldUnit, string now, string unit)
    {
        var trend = Build(new Examined().Reports(
            "20260620", Result(code, old, oldUnit, "20260101"), Result(code, now, unit, "20260201")), code: code);

        Assert.Equal(now, Assert.Single(Assert.Single(trend.Series).Points).Value);
        Assert.Equal(UnplottedReason.UnitDiffers, Assert.Single(trend.Unplotted).Reason);
    }

    [Fact]
    public void T3_a_unit_that_nobody_can_compute_keeps_no_other_out()
    {
        var trend = Build(new Examined().Reports(
            "20260620", Result(Glucose, "1", "1/999999/999999/999999/999999/999999", "20260301"), Result(Glucose, "5", "mmol/L")));

        Assert.Equal("5", Assert.Single(Assert.Single(trend.Series).Points).Value);
        Assert.Equal(UnplottedReason.UnitUnknown, Assert.Single(trend.Unplotted).Reason);
    }

    private static Trend Build(Examined record, string code = Glucose) =>
        TrendBuilder.Build(record.Documents, new(Code(code), ExamTables.Empty()));
}
