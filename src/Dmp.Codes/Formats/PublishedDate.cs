using System.Globalization;

namespace Dmp.Codes.Formats;

/// <summary>Days as the files write them.</summary>
internal static class PublishedDate
{
    // With a point in time behind it, which is left out.
    private static readonly (int Length, string Form)[] forms =
        [(10, "yyyy-MM-dd"), (8, "yyyyMMdd"), (7, "yyyy-MM"), (4, "yyyy")];

    /// <summary>
    /// The day of <c>20201216</c>, <c>20201216000000</c>, <c>2020-12-16</c> or <c>2020-12-16T00:00:00+01:00</c>, and the first day of
    /// <c>2020-12</c> or <c>2020</c>. Nothing and zeros are no day.
    /// </summary>
    /// <param name="written">As in the file.</param>
    /// <param name="day">Null when there is none.</param>
    /// <returns>False when something stands there that is no day.</returns>
    public static bool TryRead(string? written, out DateOnly? day)
    {
        day = null;
        var text = written?.Trim(' ', '\0') ?? "";
        if (text.All(letter => letter == '0'))
        {
            return true;
        }

        foreach (var (length, form) in forms)
        {
            if (text.Length >= length && (text.Length == length || length >= 8)
                && DateOnly.TryParseExact(text[..length], form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var read))
            {
                day = read;
                return true;
            }
        }

        return false;
    }

    /// <summary>The same, of what may be a day that never comes: publishers write 2099 or 9999 for it.</summary>
    public static bool TryReadEnd(string? written, out DateOnly? day)
    {
        var isDay = TryRead(written, out day);
        day = day is { Year: >= 2099 } ? null : day;
        return isDay;
    }
}
