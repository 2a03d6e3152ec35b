using System.CommandLine.Parsing;
using System.Globalization;

namespace Dmp.Cli.Matrix;

/// <summary>Times on the command line: <c>now</c>, or ISO 8601 with a zone, because an operator's is not the server's.</summary>
internal static class MatrixTime
{
    private static readonly string[] formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz"];

    /// <summary>To the microsecond, as the database keeps it, so that what is printed can be given back.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(formats[0], CultureInfo.InvariantCulture);

    /// <summary>Null for now.</summary>
    public static DateTimeOffset? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (text == "now")
        {
            return null;
        }

        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time.ToUniversalTime();
        }

        argument.AddError($"'{text}' is not a time: write now, or date, time and zone such as 2026-12-01T00:00:00Z.");
        return null;
    }
}
