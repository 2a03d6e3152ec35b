using System.Text;
using System.Text.RegularExpressions;

namespace Dmp.Cda;

/// <summary>
/// Which characters the bytes stand for, from the byte order mark and the XML declaration. Both are believed only when they
/// agree with each other and with the bytes: a document that two programs read differently is a danger to the patient.
/// </summary>
internal static partial class CdaEncoding
{
    private const string Allowed = "UTF-8, UTF-16, ISO-8859-1, ISO-8859-15, Windows-1252 and US-ASCII";

    private enum Width
    {
        OneByte,
        Utf8Mark,
        LittleEndian,
        BigEndian,
    }

    /// <summary>The encoding, and how many bytes come before the document.</summary>
    /// <exception cref="CdaRefusedException">The bytes are no XML that is read here.</exception>
    public static (Encoding Encoding, int Skipped) Detect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new CdaRefusedException(CdaFaultKind.Empty, "The document has no bytes.");
        }

        var (width, mark) = WidthOf(bytes);
        var wide = width is Width.LittleEndian or Width.BigEndian;
        var text = (wide ? Strict(width == Width.BigEndian ? 1201 : 1200, throwing: false) : Encoding.Latin1).GetString(bytes[mark..]);
        if (text is ['\uFEFF', ..] || text.StartsWith("ï»¿", StringComparison.Ordinal))
        {
            throw Refused("The document begins with two byte order marks.");
        }

        var start = text.AsSpan().IndexOfAnyExcept(" \t\r\n");
        if (start < 0 || text[start] != '<')
        {
            throw NotXml(bytes);
        }

        return (EncodingOf(DeclaredIn(text[start..]), width), mark + start * (wide ? 2 : 1));
    }

    private static (Width Width, int Mark) WidthOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, (byte)'<', ..] or [(byte)'<', 0, 0, 0, ..] =>
            throw Refused($"The document is in UTF-32. Read are {Allowed}."),
        [(byte)'+', (byte)'/', (byte)'v', ..] or [(byte)'+', (byte)'A', (byte)'D', (byte)'w', ..] =>
            throw Refused($"The document is in UTF-7. Read are {Allowed}."),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => throw Refused($"The document is in EBCDIC. Read are {Allowed}."),
        [0xEF, 0xBB, 0xBF, ..] => (Width.Utf8Mark, 3),
        [0xFF, 0xFE, ..] => (Width.LittleEndian, 2),
        [0xFE, 0xFF, ..] => (Width.BigEndian, 2),
        [(byte)'<', 0, ..] => (Width.LittleEndian, 0),
        [0, (byte)'<', ..] => (Width.BigEndian, 0),
        _ => (Width.OneByte, 0),
    };

    /// <summary>The name in the declaration, in lower case; null when there is none.</summary>
    private static string? DeclaredIn(string text)
    {
        if (text is not ['<', '?', 'x', 'm', 'l', ' ' or '\t' or '\r' or '\n', ..])
        {
            return null;
        }

        var declaration = Declaration().Match(text);
        if (!declaration.Success)
        {
            throw new CdaRefusedException(CdaFaultKind.NotWellFormed, "The XML declaration is malformed.");
        }

        if (declaration.Groups["version"].Value != "1.0")
        {
            throw new CdaRefusedException(CdaFaultKind.NotWellFormed, "The XML declaration does not say version 1.0.");
        }

        var name = declaration.Groups["name"];
        return name.Success ? name.Value.ToLowerInvariant() : null;
    }

    private static Encoding EncodingOf(string? declared, Width width) => (declared, width) switch
    {
        ("utf-16" or null, Width.LittleEndian) or ("utf-16le", Width.LittleEndian) => Strict(1200),
        ("utf-16" or null, Width.BigEndian) or ("utf-16be", Width.BigEndian) => Strict(1201),
        (_, Width.LittleEndian or Width.BigEndian) =>
            throw Refused("The bytes are UTF-16, but the XML declaration names another encoding."),
        ("utf-8" or "utf8" or null, _) => Strict(65001),
        (_, Width.Utf8Mark) => throw Refused("The byte order mark is that of UTF-8, but the XML declaration names another encoding."),
        ("us-ascii" or "ascii", _) => Strict(20127),
        ("iso-8859-1" or "iso_8859-1" or "latin1" or "iso8859-1", _) => Strict(28591),
        ("iso-8859-15" or "iso_8859-15" or "latin-9" or "latin9" or "iso8859-15", _) => Strict(28605),
        ("windows-1252" or "cp1252", _) => Strict(1252),
        ("utf-16" or "utf-16le" or "utf-16be", _) =>
            throw Refused("The XML declaration says UTF-16, but the bytes are of another encoding."),
        _ => throw Refused($"The XML declaration names an encoding that is not read. Read are {Allowed}."),
    };

    private static Encoding Strict(int codePage, bool throwing = true)
    {
        if (codePage is 1252 or 28605)
        {
            // Every byte is a character in these two, so they have nothing to be strict about.
            return CodePagesEncodingProvider.Instance.GetEncoding(codePage)
                ?? throw new InvalidOperationException("The runtime has no code pages.");
        }

        // The variants without a preamble: the mark is skipped already, and another one is a character.
        return codePage switch
        {
            65001 => new UTF8Encoding(false, throwing),
            1200 => new UnicodeEncoding(false, false, throwing),
            1201 => new UnicodeEncoding(true, false, throwing),
            _ => Encoding.GetEncoding(codePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback),
        };
    }

    private static CdaRefusedException NotXml(ReadOnlySpan<byte> bytes) => new(CdaFaultKind.NotXml, bytes switch
    {
        [0x1F, 0x8B, ..] => "The bytes are a gzip file. Compressed documents are not unpacked.",
        [(byte)'P', (byte)'K', ..] => "The bytes are a zip archive. Compressed documents are not unpacked.",
        [(byte)'B', (byte)'Z', (byte)'h', ..] or [0xFD, (byte)'7', (byte)'z', ..] or [0x28, 0xB5, 0x2F, 0xFD, ..] =>
            "The bytes are a compressed file. Compressed documents are not unpacked.",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "The bytes are a PDF, not a CDA document.",
        [(byte)'{', (byte)'\\', (byte)'r', ..] => "The bytes are RTF, not a CDA document.",
        [0xFF, 0xD8, ..] => "The bytes are a JPEG picture, not a CDA document.",
        _ => "The bytes are not XML: the first character is not <.",
    });

    private static CdaRefusedException Refused(string text) => new(CdaFaultKind.Encoding, text);

    [GeneratedRegex(
        """^<\?xml\s+version\s*=\s*(?<a>["'])(?<version>[A-Za-z0-9_.:-]+)\k<a>"""
        + """(\s+encoding\s*=\s*(?<b>["'])(?<name>[A-Za-z][A-Za-z0-9._-]*)\k<b>)?"""
        + """(\s+standalone\s*=\s*(?<c>["'])(yes|no)\k<c>)?\s*\?>""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
