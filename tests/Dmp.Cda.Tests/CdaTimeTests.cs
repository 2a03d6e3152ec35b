using System.Globalization;
using CsCheck;
using Xunit;

namespace Dmp.Cda.Tests;

public sealed class CdaTimeTests
{
    [Theory]
    [InlineData("2021", "2021-01-01T00:00:00.0000000+00:00", CdaPrecision.Year, false)]
    [InlineData("202104", "2021-04-01T00:00:00.0000000+00:00", CdaPrecision.Month, false)]
    [InlineData("20210401", "2021-04-01T00:00:00.0000000+00:00", CdaPrecision.Day, false)]
    [InlineData("2021040117", "2021-04-01T17:00:00.0000000+00:00", CdaPrecision.Hour, false)]
    [InlineData("202104011710", "2021-04-01T17:10:00.0000000+00:00", CdaPrecision.Minute, false)]
    [InlineData("20210401171000", "2021-04-01T17:10:00.0000000+00:00", CdaPrecision.Second, false)]
    [InlineData("20210401171000.5", "2021-04-01T17:10:00.5000000+00:00", CdaPrecision.Fraction, false)]
    [InlineData("20210401171000.1234567", "2021-04-01T17:10:00.1234567+00:00", CdaPrecision.Fraction, false)]
    [InlineData("20210401171000+0100", "2021-04-01T17:10:00.0000000+01:00", CdaPrecision.Second, true)]
    [InlineData("20210401171000.123-0530", "2021-04-01T17:10:00.1230000-05:30", CdaPrecision.Fraction, true)]
    [InlineData("202104011710+02", "2021-04-01T17:10:00.0000000+02:00", CdaPrecision.Minute, true)]
    [InlineData("20210401+0100", "2021-04-01T00:00:00.0000000+01:00", CdaPrecision.Day, true)]
    [InlineData(" 20240229 ", "2024-02-29T00:00:00.0000000+00:00", CdaPrecision.Day, false)]
    public void Every_precision_and_offset_is_read(string text, string time, CdaPrecision precision, bool hasOffset)
    {
        Assert.True(CdaTime.TryParse(text, out var read));
        Assert.Equal(time, read.Time.ToString("O", CultureInfo.InvariantCulture));
        Assert.Equal((precision, hasOffset), (read.Precision, read.HasOffset));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("hier")]
    [InlineData("+0100")]
    [InlineData("202")]
    [InlineData("20211")]
    [InlineData("20211301")]
    [InlineData("20230229")]
    [InlineData("2021040125")]
    [InlineData("20210401171060")]
    [InlineData("20210401171000.")]
    [InlineData("202104011710.5")]
    [InlineData("20210401171000.1234567890")]
    [InlineData("20210401171000Z")]
    [InlineData("20210401171000+1")]
    [InlineData("20210401171000+1500")]
    [InlineData("20210401171000+0160")]
    [InlineData("20210401171000 +0100")]
    [InlineData("2021-04-01")]
    [InlineData("00010101000000+1400")]
    [InlineData("99991231235959-1400")]
    [InlineData("２０２１")]
    public void Anything_else_is_no_time(string text) => Assert.False(CdaTime.TryParse(text, out _));

    [Fact]
    public void The_day_of_birth_is_the_one_written_whatever_the_offset()
    {
        Assert.True(CdaTime.TryParse("197903280030+0200", out var time));
        Assert.Equal(new DateOnly(1979, 3, 28), time.Date);
    }

    [Fact]
    public void What_is_written_is_read_again() => Gen.Select(
        Gen.DateTime[new DateTime(1800, 1, 1), new DateTime(2200, 12, 31)], Gen.Int[-840, 840]).Sample((local, minutes) =>
    {
        var whole = local.AddTicks(-(local.Ticks % TimeSpan.TicksPerSecond));
        var offset = TimeSpan.FromMinutes(minutes);
        var text = whole.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + (minutes < 0 ? "-" : "+") + offset.ToString("hhmm", CultureInfo.InvariantCulture);
        return CdaTime.TryParse(text, out var read) && read.Time == new DateTimeOffset(DateTime.SpecifyKind(whole, DateTimeKind.Unspecified), offset);
    });

    [Fact]
    public void No_text_makes_it_throw() =>
        Gen.String[Gen.Char["0123456789+-.Z "], 0, 30].Sample(text => CdaTime.TryParse(text, out var read) == (read != default), iter: 20_000);
}
