using System.Text.RegularExpressions;

namespace Dmp.Cda;

/// <summary>
/// Times that HL7 writes otherwise, but that can mean one thing only: those of ISO 8601 (<c>2026-10-15T08:00:00Z</c>, <c>2026-10-15</c>),
/// and offsets with a colon or without a leading zero.
/// </summary>
internal static partial class CdaOtherTime
{
    private const string OffsetPattern = "((?<sign>[Zz])|(?<sign>[+-])(?<hours>[0-9]{2})(:?(?<minutes>[0-9]{2}))?)";

    /// <summary>Reads such a time; false when the text is none, or could mean something else.</summary>
    public static bool TryParse(string text, out CdaTime time)
    {
        text = text.Trim();
        var match = Extended().Match(text) is { Success: true } extended ? extended
            : Basic().Match(text) is { Success: true } basic ? basic
            : Offset().Match(text);
        time = default;
        if (!match.Success)
        {
            return false;
        }

        string Of(string group) => match.Groups[group].Value;
        var fraction = Of("fraction") is { Length: > 0 } digits ? $".{digits}" : "";
        return OffsetOf(Of("sign"), Of("hours"), Of("minutes")) is { } offset
            && CdaTime.TryParse(
                $"{Of("year")}{Of("month")}{Of("day")}{Of("whole")}{Of("hour")}{Of("minute")}{Of("second")}{fraction}{offset}", out time);
    }

    /// <summary>As HL7 writes it; null when it could be another one.</summary>
    private static string? OffsetOf(string sign, string hours, string minutes) => (sign, hours.Length, minutes) switch
    {
        ("", _, _) => "",
        ("Z" or "z", _, _) => "+0000",
        (_, 1 or 2, "") => $"{sign}{hours.PadLeft(2, '0')}00",
        // A zero that is missing in front is told from one that is missing behind by the minutes, which no zone has.
        (_, 1 or 2, "00" or "15" or "30" or "45") => $"{sign}{hours.PadLeft(2, '0')}{minutes}",
        _ => null,
    };

    [GeneratedRegex(
        "^(?<year>[0-9]{4})-(?<month>[0-9]{2})(-(?<day>[0-9]{2})"
        + "([Tt ](?<hour>[0-9]{2})(:(?<minute>[0-9]{2})(:(?<second>[0-9]{2})([.,](?<fraction>[0-9]+))?)?)?)?( ?" + OffsetPattern + ")?)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Extended();

    [GeneratedRegex(
        "^(?<whole>[0-9]{8})[Tt](?<hour>[0-9]{2})"
        + "((?<minute>[0-9]{2})((?<second>[0-9]{2})([.,](?<fraction>[0-9]+))?)?)?(" + OffsetPattern + ")?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Basic();

    [GeneratedRegex(
        "^(?<whole>[0-9]{8,14})([.](?<fraction>[0-9]+))?"
        + "(?<sign>[+-])((?<hours>[0-9]{1,2}):(?<minutes>[0-9]{2})|(?<hours>[0-9])(?<minutes>[0-9]{2})?)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Offset();
}
