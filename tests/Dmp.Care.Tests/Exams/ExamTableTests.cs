using Dmp.Care.Exams;
using Xunit;
using static Dmp.Care.Tests.Exams.Examined;

namespace Dmp.Care.Tests.Exams;

/// <summary>Tables of the operator, and the one that comes along: a wrong line is named.</summary>
public sealed class ExamTableTests
{
    [Fact]
    public void E8_a_heart_that_may_have_been_taken_alone_is_no_chest() =>
        Assert.Empty(new Examined().Reports("20260620", Act("ECQH010")).Find("ZBQH001", system: Ccam).Exams);

    [Theory]
    [InlineData("X\tN")]
    [InlineData("left\tN")]
    [InlineData("-\tX")]
    [InlineData("\t")]
    public void E8_a_side_or_a_contrast_that_is_none_is_named(string sideAndContrast) => Assert.Equal(
        2,
        Assert.Single(ExamTables.Empty().AddImaging(new StringReader(
            $"9.9\ta\tCT\tknee\tL\tY\ta\n9.9\tb\tCT\tknee\t{sideAndContrast}\tb"))).Line);

    [Theory]
    [InlineData("70000000000000000000000000000\td")]
    [InlineData("79228162514264337593543950335\ta")]
    [InlineData("0.0000000001\th")]
    public void E11_an_interval_that_is_none_is_named(string interval) => Assert.Equal(
        1,
        Assert.Single(ExamTables.Empty().AddIntervals(new StringReader($"{Loinc}\t{Tsh}\t{interval}\tp\ts\t2020\tl"))).Line);
}
