using System.Globalization;
using System.Text.RegularExpressions;
using Dmp.Audit.V1;

namespace Dmp.Proofs;

/// <summary>Months of the trace that were dropped: what makes the absence of their events right.</summary>
internal sealed partial class Retirement
{
    /// <summary>The method in the event of a month that was dropped.</summary>
    public const string Method = "dmp trace retire";

    /// <summary>The trace is part of the record and kept as long (R1111-43; CSP R1111-33).</summary>
    public const int YearsKept = 10;

    // Leaves follow each other as transactions commit; none is open for a day.
    private static readonly TimeSpan disorder = TimeSpan.FromDays(1);

    private readonly SortedDictionary<DateOnly, long> absent = [];
    private readonly Dictionary<DateOnly, DateTimeOffset> retired = [];
    private DateTimeOffset newest = DateTimeOffset.MinValue;

    /// <summary>A good event that is there: the newest time, and perhaps the word that a month was retired.</summary>
    public void See(string method, string? justification, DateTimeOffset time)
    {
        newest = time > newest ? time : newest;
        if (method == Method && Word().Match(justification ?? "") is { Success: true } match
            && DateOnly.TryParseExact(match.Groups[1].Value, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month))
        {
            retired[month] = time;
        }
    }

    /// <inheritdoc cref="See(string, string?, DateTimeOffset)"/>
    public void See(AuditEvent told) => See(told.Method, told.Justification, told.EventTime.ToDateTimeOffset());

    /// <summary>
    /// A leaf without its event, which is said to be of this month. That is not committed to, the order is: false when the leaf stands
    /// behind events of much later, and therefore is not of that month.
    /// </summary>
    public bool TryAddAbsent(DateOnly month)
    {
        if (StartOf(month.AddMonths(1)) + disorder < newest)
        {
            return false;
        }

        absent[month] = absent.GetValueOrDefault(month) + 1;
        return true;
    }

    /// <summary>All absent events are told: how many are so by right, and what is wrong with the others.</summary>
    public long Finish(Action<string> fault)
    {
        var retired = 0L;
        foreach (var (month, count) in absent)
        {
            if (!this.retired.TryGetValue(month, out var time))
            {
                fault(Text($"the month {month:yyyy-MM} was dropped with {count} events, and no event of the trace says so"));
            }
            else if (month.AddMonths(1).AddYears(YearsKept) > DateOnly.FromDateTime(time.UtcDateTime))
            {
                fault(Text($"the month {month:yyyy-MM} was dropped with {count} events before its retention ended"));
            }
            else
            {
                retired += count;
            }
        }

        return retired;
    }

    /// <summary>The month of an event, by the time in its id.</summary>
    public static DateOnly MonthOf(Guid id)
    {
        var milliseconds = Convert.ToInt64(id.ToString("N")[..12], 16);
        var time = DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Min(milliseconds, 253_402_300_799_000));
        return new DateOnly(time.Year, time.Month, 1);
    }

    /// <summary>Whether a month is gone as a whole, by the months that the trace has. One that it never had is not.</summary>
    public static bool IsGone(DateOnly month, IReadOnlySet<DateOnly> months) =>
        !months.Contains(month) && (months.Count == 0 || month < months.Max());

    private static DateTimeOffset StartOf(DateOnly month) => new(month, TimeOnly.MinValue, TimeSpan.Zero);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^The retention of ([0-9]{4}-[0-9]{2}) has ended\.\z")]
    private static partial Regex Word();
}
