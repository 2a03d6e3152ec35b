using System.Globalization;
using Dmp.Care.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// How old something is, in words, and its date (P3): hours under 48, days under 60, months under 24, then years. Of what is known by the
/// day, the month or the year alone, no smaller unit is told.
/// </summary>
internal sealed class Ages(DateTimeOffset at, SummaryLanguage language)
{
    private const int HoursMax = 48;
    private const int DaysMax = 60;
    private const int MonthsMax = 24;

    // What a clock that runs ahead may do; beyond that something is to come, or its date is mistyped.
    private const int MinutesAhead = 10;
    private const double DaysPerMonth = 365.25 / 12;

    private static readonly CultureInfo plain = CultureInfo.InvariantCulture;

    private readonly DateTime today = Local(at);

    private bool IsFrench => language == SummaryLanguage.French;

    /// <summary>"il y a 14 mois", "14 months ago".</summary>
    public string Ago(DateTimeOffset time, TimePrecision precision)
    {
        if (IsToCome(time, precision))
        {
            return IsFrench ? "date à venir" : "date to come";
        }

        if (precision == TimePrecision.Year)
        {
            return AgoYears(today.Year - time.Year);
        }

        if (precision == TimePrecision.Month)
        {
            var between = ((today.Year - time.Year) * 12) + today.Month - time.Month;
            return between <= 0 ? (IsFrench ? "ce mois-ci" : "this month")
                : between < MonthsMax ? AgoMonths(between)
                : AgoYears(between / 12);
        }

        if (precision == TimePrecision.Time && at - time < TimeSpan.FromHours(HoursMax))
        {
            var hours = (int)Math.Floor((at - time).TotalHours);
            return hours < 1
                ? (IsFrench ? "il y a moins d'une heure" : "less than an hour ago")
                : IsFrench ? $"il y a {hours} h" : $"{hours} h ago";
        }

        var days = (today.Date - DateOf(time, precision)).Days;
        return days switch
        {
            <= 0 => IsFrench ? "aujourd'hui" : "today",
            1 => IsFrench ? "hier" : "yesterday",
            < DaysMax => IsFrench ? $"il y a {days} jours" : $"{days} days ago",
            _ when Months(DateOnly.FromDateTime(DateOf(time, precision))) < MonthsMax =>
                AgoMonths(Math.Min((int)Math.Round(days / DaysPerMonth), MonthsMax - 1)),
            _ => AgoYears(Years(DateOnly.FromDateTime(DateOf(time, precision)))),
        };
    }

    private bool IsToCome(DateTimeOffset time, TimePrecision precision) => precision switch
    {
        TimePrecision.Year => time.Year > today.Year,
        TimePrecision.Month => (time.Year, time.Month).CompareTo((today.Year, today.Month)) > 0,
        TimePrecision.Time => time - at > TimeSpan.FromMinutes(MinutesAhead),
        _ => time.Date > today.Date,
    };

    /// <summary>The date, as much of it as is known.</summary>
    public string Date(DateTimeOffset time, TimePrecision precision)
    {
        var local = precision == TimePrecision.Time ? Local(time) : time.DateTime;
        return precision switch
        {
            TimePrecision.Year => local.ToString("yyyy", plain),
            TimePrecision.Month => local.ToString(IsFrench ? "MM/yyyy" : "MMM yyyy", plain),
            _ => local.ToString(IsFrench ? "dd/MM/yyyy" : "d MMM yyyy", plain),
        };
    }

    /// <summary>The date with the hour; at midnight the date alone, as most programs write a day without an hour so.</summary>
    public string DateAndHour(DateTimeOffset time)
    {
        var local = Local(time);
        if (time.UtcDateTime.TimeOfDay == TimeSpan.Zero || local.TimeOfDay == TimeSpan.Zero)
        {
            return Date(time.UtcDateTime.TimeOfDay == TimeSpan.Zero ? time.ToUniversalTime() : new DateTimeOffset(local, TimeSpan.Zero),
                TimePrecision.Day);
        }

        return IsFrench ? local.ToString("dd/MM/yyyy à HH:mm", plain) : local.ToString("d MMM yyyy, HH:mm", plain);
    }

    /// <summary>How old a person is: days for newborns, months under two years, then years.</summary>
    public string OfPerson(DateOnly birth)
    {
        var days = DateOnly.FromDateTime(today).DayNumber - birth.DayNumber;
        var months = Months(birth);
        return days < DaysMax ? (IsFrench ? $"{Math.Max(days, 0)} jours" : $"{Math.Max(days, 0)} days")
            : months < MonthsMax ? (IsFrench ? $"{months} mois" : $"{months} months")
            : IsFrench ? $"{Years(birth)} ans" : $"{Years(birth)} years";
    }

    /// <summary>Whole years since a day.</summary>
    public int Years(DateOnly day) =>
        today.Year - day.Year - (today.Month < day.Month || (today.Month == day.Month && today.Day < day.Day) ? 1 : 0);

    private int Months(DateOnly day) => ((today.Year - day.Year) * 12) + today.Month - day.Month - (today.Day < day.Day ? 1 : 0);

    private static DateTime Local(DateTimeOffset time) => FrenchClock.Of(time).DateTime;

    private static DateTime DateOf(DateTimeOffset time, TimePrecision precision) =>
        precision == TimePrecision.Time ? Local(time).Date : time.Date;

    private string AgoMonths(int months) => IsFrench ? $"il y a {months} mois" : months == 1 ? "a month ago" : $"{months} months ago";

    private string AgoYears(int years) => years switch
    {
        <= 0 => IsFrench ? "cette année" : "this year",
        1 => IsFrench ? "il y a 1 an" : "a year ago",
        _ => IsFrench ? $"il y a {years} ans" : $"{years} years ago",
    };
}
