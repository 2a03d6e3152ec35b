using System.Globalization;

namespace Dmp.Samples;

/// <summary>HL7 version 3 points in time: <c>YYYY[MM[DD[HH[MM[SS[.f…]]]]]][±ZZZZ]</c>, as precise as the author was.</summary>
internal static class CdaTime
{
    private const string Whole = "yyyyMMddHHmmss";

    public static string Format(DateTimeOffset time) =>
        time.ToString(Whole, CultureInfo.InvariantCulture) + time.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);

    /// <summary>Null when the value is none. Missing parts are the earliest; without an offset the time is taken as UTC.</summary>
    public static DateTimeOffset? Parse(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        var sign = value.IndexOfAny(['+', '-']);
        var (digits, offset) = sign < 0 ? (value, "+0000") : (value[..sign], value[sign..]);
        digits = digits.Split('.')[0];
        if (digits.Length is < 4 or > 14 || digits.Length % 2 != 0)
        {
            return null;
        }

        digits += "00000101000000"[digits.Length..];
        return DateTimeOffset.TryParseExact(
            digits + offset, Whole + "zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
    }
}
