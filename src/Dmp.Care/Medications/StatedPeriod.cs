using Dmp.Cda;
using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>The end of something.</summary>
/// <param name="Shown">Of a day that is known alone, its beginning: it is the last day.</param>
/// <param name="Over">From when on it is over.</param>
internal readonly record struct End(DateTimeOffset Shown, DateTimeOffset Over)
{
    private static readonly DateTimeOffset latest = new(2400, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// So many days after a beginning: 30 days from 3 November end with 2 December, at whatever hour of it they began.
    /// </summary>
    public static End After(DateTimeOffset begin, decimal days)
    {
        begin = days >= 1m ? Day(begin) : begin;
        var over = begin >= latest ? begin : begin + TimeSpan.FromTicks((long)(days * TimeSpan.TicksPerDay));
        var last = over > begin ? over.AddTicks(-1) : over;
        return new End(days >= 1m ? new DateTimeOffset(last.UtcDateTime.Date, TimeSpan.Zero) : Day(last), over);
    }

    /// <summary>The day in France, as its beginning in UTC: documents write a day as such, or as its midnight there.</summary>
    public static DateTimeOffset Day(DateTimeOffset time) => new(FrenchClock.Of(time).Date, TimeSpan.Zero);
}

/// <summary>A stretch of time that a document states, as far as it can be counted with (M40).</summary>
/// <param name="Begin">Its beginning; null when none is stated or it cannot be read.</param>
/// <param name="End">Its end, stated or by its length; null when there is none.</param>
/// <param name="Days">How long it is, where both are known.</param>
/// <param name="IsPoint">It is a point in time, or one day.</param>
/// <param name="IsInvalid">A date of it cannot be read, or cannot be true.</param>
internal sealed record StatedPeriod(DateTimeOffset? Begin, End? End, decimal? Days, bool IsPoint, bool IsInvalid)
{
    // A treatment that begins years ahead, or ends a decade ahead, is a slip of the pen.
    private const int BeginYearsMax = 1;
    private const int EndYearsMax = 10;

    public static readonly StatedPeriod None = new(null, null, null, IsPoint: false, IsInvalid: false);

    /// <param name="stretch">As stated.</param>
    /// <param name="stated">When it was stated.</param>
    public static StatedPeriod Of(Stretch? stretch, DateTimeOffset stated)
    {
        if (stretch is null)
        {
            return None;
        }

        var low = Read(stretch.Low, stated.AddYears(BeginYearsMax), out var isLowWrong);
        var high = Read(stretch.Single ? null : stretch.High, stated.AddYears(EndYearsMax), out var isHighWrong);
        var begin = low is { } first ? first.Time.ToUniversalTime() : (DateTimeOffset?)null;
        var end = high is { } last ? EndOf(last) : (End?)null;
        if (begin is { } from && end is { } until && until.Over <= from)
        {
            (end, isHighWrong) = (null, true);
        }

        var days = begin is { } start && end is { } stop ? (decimal)(stop.Over - start).Ticks / TimeSpan.TicksPerDay : (decimal?)null;
        if (end is null && begin is { } since && Amounts.DaysOf(stretch.Width) is { } width)
        {
            (end, days) = (Medications.End.After(since, width), width);
        }

        var isPoint = begin is { } point
            && (stretch.Single || (high is not null && end is { } same && Medications.End.Day(point) == Medications.End.Day(same.Shown)));
        return new StatedPeriod(begin, end, days, isPoint, isLowWrong || isHighWrong);
    }

    /// <summary>A point in time that is no later than <paramref name="latest"/>.</summary>
    public static CdaTime? Read(Moment? moment, DateTimeOffset latest, out bool isWrong)
    {
        isWrong = false;
        if (moment is null || moment.Written.Length == 0)
        {
            return null;
        }

        if (CareDocument.TryRead(moment.Written, out var time) && time.Time <= latest)
        {
            return time;
        }

        isWrong = true;
        return null;
    }

    /// <summary>Of a day, a month or a year the end of it.</summary>
    public static End EndOf(CdaTime time)
    {
        var from = time.Time.ToUniversalTime();
        return time.Precision switch
        {
            CdaPrecision.Year => new End(from.AddYears(1).AddDays(-1), from.AddYears(1)),
            CdaPrecision.Month => new End(from.AddMonths(1).AddDays(-1), from.AddMonths(1)),
            CdaPrecision.Day => new End(from, from.AddDays(1)),
            _ => new End(from, from),
        };
    }
}
