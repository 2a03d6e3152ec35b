using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>Times as documents write them.</summary>
internal static class StatedTimes
{
    /// <summary>Null when it cannot be read.</summary>
    public static (DateTimeOffset Time, TimePrecision Precision)? Read(string? written) =>
        written is not null && CareDocument.TryRead(written, out var time) ? (time.Time, CareDocument.PrecisionOf(time)) : null;

    /// <summary>The end of a stretch, or null where none is written; of a point in time there is none.</summary>
    public static DateTimeOffset? End(Stretch? stretch) =>
        stretch is { Single: false, High: { } high } && Read(high.Written) is { } end ? Over(end) : null;

    /// <summary>The beginning of a stretch, or null where none is written.</summary>
    public static DateTimeOffset? Begin(Stretch? stretch) => Read(stretch?.Low?.Written)?.Time;

    /// <summary>When all of a day, a month or a year has passed.</summary>
    public static DateTimeOffset Over((DateTimeOffset Time, TimePrecision Precision) time) => time.Precision switch
    {
        TimePrecision.Year => time.Time.AddYears(1),
        TimePrecision.Month => time.Time.AddMonths(1),
        TimePrecision.Day => time.Time.AddDays(1),
        _ => time.Time,
    };
}
