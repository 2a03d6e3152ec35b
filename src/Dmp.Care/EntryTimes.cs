using Dmp.Cda;

namespace Dmp.Care;

/// <summary>Times as entries of documents write them.</summary>
internal static class EntryTimes
{
    /// <summary>The clock of the structures that write (docs/cda.md); the record knows no other one.</summary>
    public static TimeZoneInfo Clock { get; } =
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Paris", out var paris) ? paris : TimeZoneInfo.Utc;

    /// <summary>
    /// Null when it cannot be read. An hour without an offset is one of <see cref="Clock"/>, as in headers. A day, a month or a year is
    /// the one that is written, whatever offset stands behind it, and begins at midnight UTC.
    /// </summary>
    /// <param name="written">As written; may be absent.</param>
    public static CdaTime? Read(string? written)
    {
        if (written is null || !CdaTime.TryRead(written, out var time))
        {
            return null;
        }

        return time.Precision < CdaPrecision.Hour ? time with { Time = new DateTimeOffset(time.Time.DateTime, TimeSpan.Zero) } : time.In(Clock);
    }
}
