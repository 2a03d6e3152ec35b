using System.Globalization;

namespace Dmp.Cda;

/// <summary>How precise a point in time was written.</summary>
public enum CdaPrecision
{
    /// <summary>The year.</summary>
    Year,

    /// <summary>The month.</summary>
    Month,

    /// <summary>The day.</summary>
    Day,

    /// <summary>The hour.</summary>
    Hour,

    /// <summary>The minute.</summary>
    Minute,

    /// <summary>The second.</summary>
    Second,

    /// <summary>Less than a second.</summary>
    Fraction,
}

/// <summary>An HL7 version 3 point in time: <c>YYYY[MM[DD[HH[MM[SS[.f…]]]]]][±ZZ[ZZ]]</c>.</summary>
/// <param name="Time">The earliest point that fits what was written.</param>
/// <param name="Precision">How much was written.</param>
/// <param name="HasOffset">False when no offset was written; the time is then taken as UTC, or as said by
/// <see cref="CdaReaderOptions.TimeZone"/>.</param>
public readonly record struct CdaTime(DateTimeOffset Time, CdaPrecision Precision, bool HasOffset)
{
    private const int WholeLength = 14;
    private const int DayLength = 8;

    // No living person has an older act, and the arithmetic of the type ends far outside of both.
    private const int YearMin = 1800;
    private const int YearMax = 2200;

    /// <summary>The day as written, whatever the offset: for dates of birth.</summary>
    public DateOnly Date => DateOnly.FromDateTime(Time.DateTime);

    /// <summary>The first point that fits no more what was written: of a day the next one.</summary>
    public DateTimeOffset Until => Precision switch
    {
        CdaPrecision.Year => Time.AddYears(1),
        CdaPrecision.Month => Time.AddMonths(1),
        CdaPrecision.Day => Time.AddDays(1),
        CdaPrecision.Hour => Time.AddHours(1),
        CdaPrecision.Minute => Time.AddMinutes(1),
        _ => Time.AddSeconds(1),
    };

    /// <summary>Reads a point in time as HL7 writes it, or as others write it when it can mean one thing only (ISO 8601); false when the
    /// text is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="time">The time.</param>
    public static bool TryRead(string text, out CdaTime time)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out time) || CdaOtherTime.TryParse(text, out time);
    }

    /// <summary>Reads a point in time; false when the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out CdaTime time)
    {
        time = default;
        var rest = text.Trim();
        var digits = TakeDigits(ref rest);
        var ticks = 0L;
        var hasFraction = rest is ['.', ..] && digits.Length == WholeLength;
        if (hasFraction)
        {
            rest = rest[1..];
            var fraction = TakeDigits(ref rest);
            if (fraction.IsEmpty)
            {
                return false;
            }

            ticks = TicksOf(fraction);
        }

        if (digits.Length is < 4 or > WholeLength || digits.Length % 2 != 0 || !TryOffset(rest, out var offset))
        {
            return false;
        }

        if (digits.Length < DayLength && rest.Length > 0)
        {
            // "2026-10" is the tenth month as others write it, and no year that begins at an hour of its own.
            return false;
        }

        Span<char> whole = stackalloc char[WholeLength];
        "00000101000000".CopyTo(whole);
        digits.CopyTo(whole);
        if (!DateTime.TryParseExact(whole, "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Year is < YearMin or > YearMax)
        {
            return false;
        }

        var precision = hasFraction ? CdaPrecision.Fraction : (CdaPrecision)((digits.Length - 4) / 2);
        time = new CdaTime(new DateTimeOffset(local.AddTicks(ticks), offset), precision, rest.Length > 0);
        return true;
    }

    /// <summary>
    /// The time by the clock of <paramref name="zone"/>, when it has an hour and no offset. A day alone stays what it is: it has no hour
    /// that could be another one. Of an hour that comes twice, when clocks are put back, the first one is taken; one that never comes is
    /// counted on from before the clocks are put forward.
    /// </summary>
    /// <param name="zone">The clock that wrote it.</param>
    public CdaTime In(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        if (HasOffset || Precision < CdaPrecision.Hour)
        {
            return this;
        }

        var local = Time.DateTime;
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-2))
            : zone.GetUtcOffset(local);
        // Local mean times of the nineteenth century have seconds, which the type does not.
        return this with { Time = new DateTimeOffset(local, new TimeSpan(offset.Hours, offset.Minutes, 0)) };
    }

    private static ReadOnlySpan<char> TakeDigits(ref ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExceptInRange('0', '9');
        var digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits;
    }

    private static long TicksOf(ReadOnlySpan<char> fraction)
    {
        var ticks = 0L;
        for (var i = 0; i < 7; i++)
        {
            ticks = ticks * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        }

        return ticks;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (text.IsEmpty)
        {
            return true;
        }

        var sign = text[0] switch { '+' => 1, '-' => -1, _ => 0 };
        text = text[1..];
        if (sign == 0 || text.Length is not (2 or 4) || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var hours = (text[0] - '0') * 10 + text[1] - '0';
        var minutes = text.Length == 2 ? 0 : (text[2] - '0') * 10 + text[3] - '0';
        offset = sign * new TimeSpan(hours, minutes, 0);
        return minutes < 60 && offset.Duration() <= TimeSpan.FromHours(14);
    }
}
