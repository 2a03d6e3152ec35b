using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Dmp.Fhir.Parts;

/// <summary>
/// Entities in the attribute of a narrative, as whoever shows it as HTML sees them: numbers without their end too, and names that hide
/// a sign of an address. An entity that nobody knows leaves nothing.
/// </summary>
internal static partial class HtmlEntities
{
    public static string Decode(string value) =>
        value.Contains('&', StringComparison.Ordinal) ? Entity().Replace(value, match => Meaning(match.Groups)) : value;

    private static string Meaning(GroupCollection entity)
    {
        if (entity["name"] is { Success: true, Value: var name })
        {
            return name.ToLowerInvariant() switch
            {
                "colon" => ":",
                "sol" => "/",
                "bsol" => "\\",
                "lpar" => "(",
                "comma" => ",",
                "semi" => ";",
                "equals" => "=",
                "plus" => "+",
                "ast" => "*",
                _ => WebUtility.HtmlDecode($"&{name};") is var known && known.Length == 1 ? known : "",
            };
        }

        var (digits, style) = entity["hex"] is { Success: true, Value: var hex }
            ? (hex, NumberStyles.AllowHexSpecifier)
            : (entity["number"].Value, NumberStyles.None);
        return int.TryParse(digits, style, CultureInfo.InvariantCulture, out var code) && code is > 0 and < 0x10000
            ? ((char)code).ToString()
            : "";
    }

    [GeneratedRegex("&(?:#[xX](?<hex>[0-9a-fA-F]+);?|#(?<number>[0-9]+);?|(?<name>[A-Za-z][A-Za-z0-9]{1,31});)")]
    private static partial Regex Entity();
}
