using System.Globalization;

namespace Dmp.Codes.Formats;

/// <summary>Days as the files write them.</summary>
internal static class PublishedDate
{
    private static readonly string[] forms = ["yyyyMMdd", "yyyy-MM-dd"];

    /// <summary>
    /// The day of <c>20201216</c>, <c>20201216000000</c>, <c>2020-12-16</c> or <c>2020-12-16T00:00:00+01:00</c>; null when there is none.
    /// </summary>
    public static DateOnly? Of(string? written)
    {
        var text = written?.Trim() ?? "";
        var length = text.Contains('-', StringComparison.Ordinal) ? 10 : 8;
        return text.Length >= length
            && DateOnly.TryParseExact(text[..length], forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                ? day
                : null;
    }

    /// <summary>The same, of what may be a day that never comes: publishers write 2099 or 9999 for it.</summary>
    public static DateOnly? EndOf(string? written) => Of(written) is { Year: < 2099 } day ? day : null;
}
