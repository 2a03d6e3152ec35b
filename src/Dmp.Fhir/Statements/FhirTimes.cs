using Dmp.Cda;

namespace Dmp.Fhir.Statements;

/// <summary>
/// Points in time in the one form that facts have, that of HL7 version 3 (<c>YYYYMMDDhhmmss.f+ZZZZ</c>). So those of CDA and of FHIR are
/// read, sorted and compared by one rule. Nothing is added or left out but what stands between the digits.
/// </summary>
internal static class FhirTimes
{
    /// <summary>In the form of HL7 version 3; what is no date or time of FHIR stays as it is written.</summary>
    public static string AsWritten(string written)
    {
        var text = written.Trim();
        var clock = text.IndexOf('T', StringComparison.Ordinal);
        var date = (clock < 0 ? text : text[..clock]).Replace("-", "", StringComparison.Ordinal);
        if (clock < 0)
        {
            return IsTime(date) ? date : written;
        }

        var time = text[(clock + 1)..];
        var sign = time.IndexOfAny(['Z', '+', '-']);
        var offset = sign < 0 ? "" : time[sign] == 'Z' && sign == time.Length - 1 ? "+0000" : Digits(time[sign..]);
        var moment = date + Digits(sign < 0 ? time : time[..sign]) + offset;
        return IsTime(moment) ? moment : written;
    }

    private static string Digits(string part) => part.Replace(":", "", StringComparison.Ordinal);

    private static bool IsTime(string text) => CdaTime.TryParse(text, out _);
}
