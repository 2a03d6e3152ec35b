using System.Text;
using System.Text.RegularExpressions;

namespace Dmp.Cda;

/// <summary>
/// Tells from the last bytes of a document whether it is whole: cheap, where reading all of it costs as much as its size. Finds
/// documents that were cut off, not those that are broken in the middle.
/// </summary>
public static partial class CdaTail
{
    /// <summary>How many of the last bytes are looked at.</summary>
    public const int BytesMax = 4096;

    /// <summary>True when the root element is closed, and nothing but blanks, comments and instructions follows.</summary>
    /// <param name="tail">The last bytes of the document, at most <see cref="BytesMax"/>.</param>
    public static bool IsWhole(ReadOnlySpan<byte> tail)
    {
        // The end tag is plain ASCII in every encoding that is read; UTF-16 puts a zero beside each of its letters.
        var text = Encoding.Latin1.GetString(tail).Replace("\0", "", StringComparison.Ordinal).AsSpan().TrimEnd();
        while (text is [.., '-', '-', '>'] or [.., '?', '>'])
        {
            var start = text.LastIndexOf(text[^2] == '-' ? "<!--" : "<?", StringComparison.Ordinal);
            text = text[..Math.Max(start, 0)].TrimEnd();
        }

        return Ending().IsMatch(text);
    }

    [GeneratedRegex(
        @"</([A-Za-z_][A-Za-z0-9_.-]{0,100}:)?(ClinicalDocument|stylesheet|transform)\s*>$",
        RegexOptions.CultureInvariant | RegexOptions.RightToLeft | RegexOptions.ExplicitCapture)]
    private static partial Regex Ending();
}
