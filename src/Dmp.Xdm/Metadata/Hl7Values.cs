using System.Globalization;
using System.Text;

namespace Dmp.Xdm;

/// <summary>The data types of HL7 version 2 that XDS metadata are written in (ITI TF-3 4.2.3.1.7).</summary>
internal static class Hl7Values
{
    private const string Special = "|^~\\&";
    private const string SpecialCodes = "FSRET";

    private static readonly string[] formats = ["yyyy", "yyyyMM", "yyyyMMdd", "yyyyMMddHH", "yyyyMMddHHmm", "yyyyMMddHHmmss"];

    private static readonly string[] formatsWithOffset =
    [
        "yyyyMMddHHmmsszzz", "yyyyMMddHHmmss.FFFFFFFzzz", "yyyyMMddHHmmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
        "yyyy-MM-dd'T'HH:mmzzz",
    ];

    /// <summary>The components of a field, as they are written: not unescaped.</summary>
    public static string[] Components(string field) => field.Split('^');

    /// <summary>A component without its escapes; empty when there is none.</summary>
    public static string Component(string[] components, int index) => index < components.Length ? Unescape(components[index].Trim()) : "";

    /// <summary>The OID in an assigning authority (HD): <c>&amp;1.2.3&amp;ISO</c>.</summary>
    public static string Authority(string[] components, int index)
    {
        var parts = index < components.Length ? components[index].Split('&') : [];
        return parts.Length >= 2 ? Unescape(parts[1].Trim()) : "";
    }

    public static string Escape(string text)
    {
        if (text.IndexOfAny(['|', '^', '~', '\\', '&']) < 0)
        {
            return text;
        }

        StringBuilder escaped = new();
        foreach (var letter in text)
        {
            var index = Special.IndexOf(letter, StringComparison.Ordinal);
            _ = index < 0 ? escaped.Append(letter) : escaped.Append('\\').Append(SpecialCodes[index]).Append('\\');
        }

        return escaped.ToString();
    }

    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder plain = new();
        for (var i = 0; i < text.Length; i++)
        {
            var index = text[i] == '\\' && i + 2 < text.Length && text[i + 2] == '\\'
                ? SpecialCodes.IndexOf(text[i + 1], StringComparison.Ordinal)
                : -1;
            if (index < 0)
            {
                plain.Append(text[i]);
            }
            else
            {
                plain.Append(Special[index]);
                i += 2;
            }
        }

        return plain.ToString();
    }

    /// <summary>A time in UTC of any precision (DTM, without an offset by definition); false for anything else.</summary>
    public static bool TryTime(string text, out DateTimeOffset time, out bool isPrecise)
    {
        isPrecise = text.Length == 14;
        return DateTimeOffset.TryParseExact(
            text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    /// <summary>A time that says its offset, as HL7 elsewhere or ISO 8601 write it: no DTM, but it can mean one thing only.</summary>
    public static bool TryTimeWithOffset(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text.EndsWith('Z') ? $"{text[..^1]}+00:00" : text,
        formatsWithOffset,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AdjustToUniversal,
        out time);

    /// <summary>A day as HL7 or ISO 8601 write it, perhaps with an hour behind it that does not matter.</summary>
    public static DateOnly? Day(string text) => DateOnly.TryParseExact(
        text.Length >= 10 && text[4] == '-' ? text[..10] : text.Length >= 8 ? text[..8] : text,
        ["yyyyMMdd", "yyyy-MM-dd"],
        CultureInfo.InvariantCulture,
        DateTimeStyles.None,
        out var day) ? day : null;

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
}
