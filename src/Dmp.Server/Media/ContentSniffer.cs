using System.Buffers;
using System.Text.Unicode;
using System.Xml;

namespace Dmp.Server.Media;

/// <summary>
/// Tells the form of a document from its first bytes while it streams by. Keeps at most <see cref="PrefixBytesMax"/> and
/// never looks further, so a hostile document costs no more than that.
/// </summary>
internal sealed class ContentSniffer
{
    public const int PrefixBytesMax = 64 * 1024;

    private const string Fhir = "http://hl7.org/fhir";
    private const string XslTransform = "http://www.w3.org/1999/XSL/Transform";

    // The wrapper puts the document near the top of the stylesheet; far below it the nesting can only be hostile.
    private const int WrapperDepthMax = 16;

    // Control characters no text file holds: all of C0 but tab, line feed, form feed and carriage return, and DEL.
    private static readonly SearchValues<byte> neverInText = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    private byte[] prefix = [];
    private int length;

    /// <summary>Looks at the next bytes of the document; copies what belongs to the prefix.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        var taken = bytes[..Math.Min(bytes.Length, PrefixBytesMax - length)];
        if (taken.IsEmpty)
        {
            return;
        }

        if (prefix.Length < length + taken.Length)
        {
            Array.Resize(ref prefix, Math.Min(PrefixBytesMax, Math.Max(length + taken.Length, prefix.Length * 2)));
        }

        taken.CopyTo(prefix.AsSpan(length));
        length += taken.Length;
    }

    /// <summary>Answers what the bytes seen so far say. Never throws because of them.</summary>
    public SniffedForm Conclude()
    {
        ReadOnlySpan<byte> seen = prefix.AsSpan(0, length);
        ReadOnlySpan<byte> text = TrimStart(seen);
        return seen switch
        {
            [] => SniffedForm.Unknown,
            [0xFF, 0xD8, 0xFF, ..] => SniffedForm.Jpeg,
            [0x49, 0x49, 0x2A or 0x2B, 0x00, ..] => SniffedForm.Tiff,
            [0x4D, 0x4D, 0x00, 0x2A or 0x2B, ..] => SniffedForm.Tiff,
            _ when text.StartsWith("%PDF-"u8) => SniffedForm.Pdf,
            _ when text.StartsWith("{\\rtf"u8) => SniffedForm.Rtf,
            _ when KosHeader.IsDicom(seen) => SniffedForm.Dicom,
            _ when LooksLikeXml(seen, text) => ConcludeXml() ?? ConcludeText(seen),
            _ when LooksLikeJson(text) => ConcludeText(seen) is SniffedForm.PlainText ? SniffedForm.Json : SniffedForm.Unknown,
            _ => ConcludeText(seen),
        };
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        return (bytes.StartsWith(byteOrderMark) ? bytes[3..] : bytes).TrimStart(" \t\r\n"u8);
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> text) =>
        text is [(byte)'{', .. var members] && members.TrimStart(" \t\r\n"u8) is [(byte)'"' or (byte)'}', ..];

    private static bool LooksLikeXml(ReadOnlySpan<byte> seen, ReadOnlySpan<byte> text) =>
        text is [(byte)'<', ..] || IsUtf16(seen, out var bigEndian) && FirstUtf16(seen, bigEndian) == '<';

    private static bool IsUtf16(ReadOnlySpan<byte> seen, out bool bigEndian)
    {
        bigEndian = seen is [0xFE, 0xFF, ..] or [0, (byte)'<', 0, _, ..];
        return bigEndian || seen is [0xFF, 0xFE, ..] or [(byte)'<', 0, _, 0, ..];
    }

    private static char FirstUtf16(ReadOnlySpan<byte> seen, bool bigEndian)
    {
        for (var i = 0; i + 1 < seen.Length; i += 2)
        {
            var unit = (char)(bigEndian ? (seen[i] << 8) | seen[i + 1] : (seen[i + 1] << 8) | seen[i]);
            if (unit is not ('\uFEFF' or ' ' or '\t' or '\r' or '\n'))
            {
                return unit;
            }
        }

        return '\0';
    }

    /// <summary>Null when the bytes only began like XML.</summary>
    private SniffedForm? ConcludeXml()
    {
        SniffedForm? form = null;
        try
        {
            // A byte order mark or blanks before the declaration are not for the parser to complain about.
            var skipped = length - TrimStart(prefix.AsSpan(0, length)).Length;
            using var stream = new MemoryStream(prefix, skipped, length - skipped, writable: false);
            using var xml = XmlReader.Create(stream, HardenedXml.Settings());
            if (xml.MoveToContent() != XmlNodeType.Element)
            {
                return null;
            }

            form = SniffedForm.OtherXml;
            if (IsClinicalDocument(xml))
            {
                return SniffedForm.CdaR2;
            }

            if (xml.LocalName == "Bundle" && xml.NamespaceURI == Fhir)
            {
                return SniffedForm.FhirXml;
            }

            if (xml.NamespaceURI != XslTransform || xml.LocalName is not ("stylesheet" or "transform"))
            {
                return form;
            }

            while (xml.Read() && xml.Depth <= WrapperDepthMax)
            {
                if (xml.NodeType == XmlNodeType.Element && IsClinicalDocument(xml))
                {
                    return SniffedForm.CdaSelfPresenting;
                }
            }

            return form;
        }
        catch (Exception exception) when (HardenedXml.IsBadXml(exception))
        {
            // Cut off by the prefix, not XML at all, or a refused document type: what is known by now is the answer.
            return form ?? (DeclaresXml() ? SniffedForm.OtherXml : null);
        }
    }

    private static bool IsClinicalDocument(XmlReader xml) =>
        xml.LocalName == "ClinicalDocument" && xml.NamespaceURI == HardenedXml.Hl7V3;

    private bool DeclaresXml()
    {
        ReadOnlySpan<byte> seen = prefix.AsSpan(0, length);
        var text = TrimStart(seen);
        return IsUtf16(seen, out _) || text.StartsWith("<?xml"u8) || text.StartsWith("<!DOCTYPE"u8) || text.StartsWith("<!--"u8);
    }

    private SniffedForm ConcludeText(ReadOnlySpan<byte> seen)
    {
        if (seen is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return SniffedForm.PlainText;
        }

        if (seen.ContainsAny(neverInText))
        {
            return SniffedForm.Unknown;
        }

        // A full prefix may end inside a character: up to three bytes of it are not held against the text.
        var last = seen.Length;
        for (var cut = 0; length == PrefixBytesMax && cut < 3 && !Utf8.IsValid(seen[..last]); cut++)
        {
            last--;
        }

        return Utf8.IsValid(seen[..last]) || IsMostlyAscii(seen) ? SniffedForm.PlainText : SniffedForm.Unknown;
    }

    /// <summary>Old software writes French text in one of the Latin alphabets, one byte a letter; most letters are plain.</summary>
    private static bool IsMostlyAscii(ReadOnlySpan<byte> seen)
    {
        var plain = 0;
        foreach (var value in seen)
        {
            plain += value < 128 ? 1 : 0;
        }

        return plain * 4 >= seen.Length * 3;
    }
}
