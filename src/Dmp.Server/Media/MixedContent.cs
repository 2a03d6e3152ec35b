using System.Buffers.Binary;
using Dmp.Server.Content;

namespace Dmp.Server.Media;

/// <summary>
/// Finds bytes that are two files at once: what one program shows as a picture, another one opens as a PDF or unpacks as an archive. Looks at
/// the first kilobyte and at the end, which is where such programs look.
/// </summary>
internal static class MixedContent
{
    /// <summary>Viewers of PDF search its mark this far.</summary>
    public const int HeadBytes = 1024;

    /// <summary>A zip archive is known by a record at its end, before a comment of at most 64 KiB.</summary>
    public const int TailBytes = ZipEndBytes + ushort.MaxValue;

    private const int ZipEndBytes = 22;

    /// <summary>Null when the bytes are of one kind.</summary>
    public static MediaFault? Check(ContentForm form, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (form is not (ContentForm.Pdf or ContentForm.PlainText) && head[..Math.Min(HeadBytes, head.Length)].IndexOf("%PDF-"u8) >= 0)
        {
            return Ambiguous("The bytes can be opened as a PDF as well.");
        }

        if (form is not ContentForm.Dicom && KosHeader.IsDicom(head))
        {
            return Ambiguous("The bytes can be opened as a DICOM file as well.");
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

    private static MediaFault Ambiguous(string text) => new(MediaFaultKind.Ambiguous, text);
}
