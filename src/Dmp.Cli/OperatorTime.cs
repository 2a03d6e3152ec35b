using System.CommandLine.Parsing;
using System.Globalization;

namespace Dmp.Cli;

/// <summary>A time on the command line: <c>now</c>, or ISO 8601 with a zone, because an operator's is not the server's.</summary>
/// <param name="Time">Null for now. An option cannot hold a null of its own: it would not differ from one that is not given.</param>
internal sealed record OperatorTime(DateTimeOffset? Time)
{
    private static readonly string[] formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz"];

    /// <summary>To the microsecond, as the database keeps it, so that what is printed can be given back.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(formats[0], CultureInfo.InvariantCulture);

    /// <summary>Null when the text is no time, which is told.</summary>
    public static OperatorTime? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (text == "now")
        {
            return new OperatorTime((DateTimeOffset?)null);
        }

        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return new OperatorTime(time.ToUniversalTime());
        }

        argument.AddError($"'{text}' is not a time: write now, or date, time and zone such as 2026-12-01T00:00:00Z.");
        return null;
    }
}
