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
    [InlineData("20210401171000.12345678901", "2021-04-01T17:10:00.1234567+00:00", CdaPrecision.Fraction, false)]
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
    [InlineData("2021-04")]
    [InlineData("2021-0401")]
    [InlineData("202104+0100")]
    [InlineData("1618509699169")]
    [InlineData("20261015240000+0200")]
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

    [Theory]
    [InlineData("2026-10-15T08:00:00Z", "2026-10-15T08:00:00Z", CdaPrecision.Second, true)]
    [InlineData("2026-10-15T10:00:00+02:00", "2026-10-15T08:00:00Z", CdaPrecision.Second, true)]
    [InlineData("2026-10-15T10:00:00.250+0200", "2026-10-15T08:00:00.25Z", CdaPrecision.Fraction, true)]
    [InlineData("2026-10-15t10:00:00,250+02", "2026-10-15T08:00:00.25Z", CdaPrecision.Fraction, true)]
    [InlineData("2026-10-15T10:00-05:30", "2026-10-15T15:30:00Z", CdaPrecision.Minute, true)]
    [InlineData("2026-10-15 08:00", "2026-10-15T08:00:00Z", CdaPrecision.Minute, false)]
    [InlineData("2026-10-15 08:00:00 +02:00", "2026-10-15T06:00:00Z", CdaPrecision.Second, true)]
    [InlineData("2026-10-15", "2026-10-15T00:00:00Z", CdaPrecision.Day, false)]
    [InlineData("2026-10", "2026-10-01T00:00:00Z", CdaPrecision.Month, false)]
    [InlineData("20261015T080000Z", "2026-10-15T08:00:00Z", CdaPrecision.Second, true)]
    [InlineData("20261015T1000+0200", "2026-10-15T08:00:00Z", CdaPrecision.Minute, true)]
    [InlineData("20261015100000+02:00", "2026-10-15T08:00:00Z", CdaPrecision.Second, true)]
    [InlineData("20261015100000.5+2:00", "2026-10-15T08:00:00.5Z", CdaPrecision.Fraction, true)]
    [InlineData("202610151000+100", "2026-10-15T09:00:00Z", CdaPrecision.Minute, true)]
    [InlineData("20261015100000-4", "2026-10-15T14:00:00Z", CdaPrecision.Second, true)]
    public void What_others_write_is_read_as_it_is_meant(string text, string time, CdaPrecision precision, bool hasOffset)
    {
        Assert.True(CdaTime.TryRead(text, out var read));
        Assert.False(CdaTime.TryParse(text, out _));
        Assert.Equal(
            (DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), precision, hasOffset), (read.Time, read.Precision, read.HasOffset));
    }

    [Theory]
    [InlineData("20261015100000Z")]
    [InlineData("20261015240000+0200")]
    [InlineData("2026-10-15T24:00:00Z")]
    [InlineData("1618509699169")]
    [InlineData("1618509699")]
    [InlineData("20261015100000-")]
    [InlineData("20261015100000+010")]
    [InlineData("20261015100000+01000")]
    [InlineData("2026-10-15T08:00:00Z02")]
    [InlineData("2026-10-15T08:00:61Z")]
    [InlineData("2026-02-30")]
    [InlineData("2026-1-5")]
    [InlineData("2026-288")]
    [InlineData("2026-W42-4")]
    [InlineData("15/10/2026")]
    [InlineData("15-10-2026")]
    [InlineData("2026-10-15T")]
    [InlineData("20261015T")]
    public void What_could_mean_anything_is_no_time_at_all(string text) => Assert.False(CdaTime.TryRead(text, out _));

    [Theory]
    [InlineData("20261015100000", "2026-10-15T08:00:00Z")]
    [InlineData("202601151000", "2026-01-15T09:00:00Z")]
    [InlineData("20261025023000", "2026-10-25T00:30:00Z")]
    [InlineData("20260329023000", "2026-03-29T01:30:00Z")]
    [InlineData("20261015100000+0000", "2026-10-15T10:00:00Z")]
    [InlineData("20261015", "2026-10-15T00:00:00Z")]
    public void A_time_without_an_offset_is_that_of_a_clock(string text, string time)
    {
        Assert.True(CdaTime.TryParse(text, out var read));
        Assert.Equal(
            DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), read.In(TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris")).Time);
    }

    [Fact]
    public void Whatever_is_read_says_the_day_and_the_hour_that_are_written() => Gen.Select(
        Gen.DateTime[new DateTime(1800, 1, 1), new DateTime(2200, 12, 31)], Gen.Int[-56, 56]).Sample((local, quarters) =>
    {
        var whole = new DateTimeOffset(local.AddTicks(-(local.Ticks % TimeSpan.TicksPerSecond)), TimeSpan.FromMinutes(15 * quarters));
        var text = whole.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        return CdaTime.TryRead(text, out var read) && read.Time == whole && read.Date == DateOnly.FromDateTime(local);
    });

    [Fact]
    public void No_other_text_makes_it_throw() =>
        Gen.String[Gen.Char["0123456789+-.:TZ "], 0, 30].Sample(
            text => CdaTime.TryRead(text, out var read) == (read != default), iter: 20_000);

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
        var text = whole.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + (minutes < 0 ? "-" : "+") + offset.ToString(
            "hhmm", CultureInfo.InvariantCulture);
        return CdaTime.TryParse(text, out var read)
            && read.Time == new DateTimeOffset(DateTime.SpecifyKind(whole, DateTimeKind.Unspecified), offset);
    });

    [Fact]
    public void No_text_makes_it_throw() =>
        Gen.String[Gen.Char["0123456789+-.Z "], 0, 30].Sample(
            text => CdaTime.TryParse(text, out var read) == (read != default), iter: 20_000);
}
