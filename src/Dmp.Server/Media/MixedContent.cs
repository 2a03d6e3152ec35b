using System.Buffers.Binary;
using System.Text;

namespace Dmp.Server.Media;

/// <summary>
/// Finds bytes that are two files at once: what one program shows as a picture, another one opens as a PDF or unpacks as an archive. Looks
/// at the first kilobyte and at the end, which is where such programs look.
/// </summary>
internal static class MixedContent
{
    /// <summary>Viewers of PDF search its mark this far.</summary>
    public const int HeadBytes = 1024;

    /// <summary>A zip archive is known by a record at its end, before a comment of at most 64 KiB.</summary>
    public const int TailBytes = ZipEndBytes + ushort.MaxValue;

    private const int ZipEndBytes = 22;

    // What browsers take for a web page, whatever it is said to be.
    private static readonly string[] webPages = ["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<style"];

    /// <summary>Null when the bytes are of one kind.</summary>
    public static MediaFault? Check(SniffedForm form, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (form is not SniffedForm.Pdf && head[..Math.Min(HeadBytes, head.Length)].IndexOf("%PDF-"u8) >= 0)
        {
            return Ambiguous("The bytes can be opened as a PDF as well.");
        }

        if (form is not SniffedForm.Dicom && KosHeader.IsDicom(head))
        {
            return Ambiguous("The bytes can be opened as a DICOM file as well.");
        }

        if (form is (SniffedForm.PlainText or SniffedForm.OtherXml) && IsWebPage(head))
        {
            return Ambiguous("The bytes can be opened as a web page as well.");
        }

        return EndsAsZip(tail) ? Ambiguous("The bytes can be opened as a zip archive as well.") : null;
    }

    private static bool EndsAsZip(ReadOnlySpan<byte> tail)
    {
        // From the end, as archive programs do; the length of the comment must lead to the last byte.
        for (var at = tail.Length - ZipEndBytes; at >= 0 && (at = tail[..(at + 4)].LastIndexOf("PK\x05\x06"u8)) >= 0; at--)
        {
            var comment = BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 20)..]);
            if (at + ZipEndBytes + comment == tail.Length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its first element is one of a web page. A declaration and comments may come before it.</summary>
    private static bool IsWebPage(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        var text = Encoding.Latin1.GetString(head.StartsWith(mark) ? head[3..] : head).TrimStart();
        while (text.StartsWith("<?", StringComparison.Ordinal) || text.StartsWith("<!--", StringComparison.Ordinal))
        {
            var end = text.StartsWith("<?", StringComparison.Ordinal) ? "?>" : "-->";
            var close = text.IndexOf(end, StringComparison.Ordinal);
            text = close < 0 ? "" : text[(close + end.Length)..].TrimStart();
        }

        return webPages.Any(page => text.StartsWith(page, StringComparison.OrdinalIgnoreCase)
            && (text.Length == page.Length || !char.IsLetterOrDigit(text[page.Length])));
    }

    private static MediaFault Ambiguous(string text) => new(MediaFaultKind.Ambiguous, text);
}
