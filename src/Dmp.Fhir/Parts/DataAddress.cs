using System.Globalization;
using System.Text;

namespace Dmp.Fhir.Parts;

/// <summary>An address that holds a file (RFC 2397).</summary>
internal static class DataAddress
{
    private const int SchemeCharsMax = 10;
    private const int MediaTypeCharsMax = 256;

    // Before the comma stand a media type and a few parameters.
    private const int HeadCharsMax = 1000;

    public static bool Is(string address) => SchemeOf(address) == "data";

    /// <summary>
    /// The scheme in lower case, as whoever follows the address sees it: without blanks and signs that cannot be seen. Empty when there is
    /// none, or a longer one than any that is asked for.
    /// </summary>
    public static string SchemeOf(string address)
    {
        Span<char> scheme = stackalloc char[SchemeCharsMax];
        var length = 0;
        foreach (var letter in address)
        {
            if (letter == ':')
            {
                return scheme[..length].ToString();
            }

            if (IsUnseen(letter))
            {
                continue;
            }

            if (length == SchemeCharsMax || !char.IsAsciiLetter(letter))
            {
                return "";
            }

            scheme[length++] = char.ToLowerInvariant(letter);
        }

        return "";
    }

    public static bool IsUnseen(char letter) => letter <= ' ' || char.IsControl(letter) || char.IsWhiteSpace(letter)
        || char.GetUnicodeCategory(letter) == UnicodeCategory.Format;

    /// <summary>The media type, without parameters; null when there is none.</summary>
    public static string? MediaTypeOf(string address)
    {
        var head = Head(address);
        var name = new string([.. head[..(head.IndexOfAny(';', ',') is >= 0 and var end ? end : head.Length)].ToArray()
            .Where(letter => !IsUnseen(letter)).Take(MediaTypeCharsMax)]);
        return name.Length == 0 ? null : name;
    }

    public static FhirFile Read(string address, string place)
    {
        var mediaType = MediaTypeOf(address);
        var comma = address.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || comma > HeadCharsMax)
        {
            return new FhirFile(place, mediaType, default) { IsMalformed = true };
        }

        ReadOnlyMemory<byte> bytes = Unescaped(address.AsSpan(comma + 1));
        var isBase64 = Head(address).ToString().Split(';').Skip(1).Any(
            parameter => parameter.Trim().Equals("base64", StringComparison.OrdinalIgnoreCase));
        var isMalformed = isBase64 && !Base64Text.TryDecode(bytes.Span, out bytes);
        return new FhirFile(place, mediaType, bytes) { IsMalformed = isMalformed };
    }

    /// <summary>What stands between the scheme and the bytes.</summary>
    private static ReadOnlySpan<char> Head(string address)
    {
        var head = address.AsSpan(address.IndexOf(':', StringComparison.Ordinal) + 1);
        head = head[..Math.Min(head.Length, HeadCharsMax)];
        return head.IndexOf(',') is >= 0 and var end ? head[..end] : head;
    }

    private static byte[] Unescaped(ReadOnlySpan<char> text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.ToArray());
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '%' && i + 2 < bytes.Length && byte.TryParse(
                bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                (bytes[length++], i) = (value, i + 2);
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }

        return bytes[..length];
    }
}
