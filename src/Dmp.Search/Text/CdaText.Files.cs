using System.Text;
using System.Xml;
using Dmp.Cda;

namespace Dmp.Search.Text;

/// <summary>The files that a CDA document carries.</summary>
internal sealed partial class CdaText
{
    private int files;

    /// <summary>
    /// Reads the file that the element carries; false when it carries none. Then the reader has not moved. As
    /// <c>CdaWalk</c> sees it: base 64, the body of level 1 whatever its form, or the address of bytes that stand in it.
    /// </summary>
    private bool TakeFile(bool isBody)
    {
        var isBase64 = "B64".Equals(xml.GetAttribute("representation")?.Trim(), StringComparison.OrdinalIgnoreCase);
        if ((xml.GetAttribute("value") ?? xml.GetAttribute("href")) is { } address
            && address.AsSpan().TrimStart().StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            draft.Miss(UnreadReason.OtherFormat);
            return false;
        }

        if (!isBase64 && !(isBody && xml.LocalName == "text"))
        {
            return false;
        }

        var format = TextFile.FormatOf(xml.GetAttribute("mediaType") ?? (isBase64 ? null : "text/plain"));
        if (xml.GetAttribute("compression") is not null)
        {
            format = TextFormat.Other;
        }

        sections.TryPeek(out var section);
        var (title, code) = (section?.Title ?? "", section?.Code);
        if (++files > draft.Limits.FilesMax || !TextFile.IsRead(format))
        {
            draft.Miss(files > draft.Limits.FilesMax ? UnreadReason.TooLong
                : format == TextFormat.Picture ? UnreadReason.NoText : UnreadReason.OtherFormat);
            Pass();
        }
        else if (isBase64)
        {
            ReadFile(format, title, code);
        }
        else
        {
            ReadTextBody(format, title, code);
        }

        return true;
    }

    private void Pass()
    {
        var depth = xml.Depth;
        while (!xml.IsEmptyElement && Move() && xml.Depth > depth)
        {
            // Nothing of it is kept.
        }
    }

    private void ReadTextBody(TextFormat format, string title, string? code)
    {
        // A reference says where the file is; words stand here.
        var words = Words(draft.CharsLeft, takesFiles: false);
        if (words.Length == 0)
        {
            draft.Miss(UnreadReason.Elsewhere);
        }
        else if (format == TextFormat.Plain)
        {
            draft.Add(title, code, words);
        }
        else
        {
            TextFile.ReadQuietly(Encoding.Latin1.GetBytes(words), format, title, code, draft);
        }
    }

    private void ReadFile(TextFormat format, string title, string? code)
    {
        var (base64, bytes, depth) = (new CdaBase64(buffer.Length), new MemoryStream(), xml.Depth);
        var (reason, isElsewhere) = ((UnreadReason?)null, false);
        while (!xml.IsEmptyElement && Move() && xml.Depth > depth)
        {
            isElsewhere |= xml.NodeType == XmlNodeType.Element && xml.LocalName == "reference";
            int read;
            while (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && (read = ReadPiece()) > 0)
            {
                reason ??= Decode(base64, buffer.AsSpan(0, read), bytes);
            }
        }

        reason ??= Decode(base64, default, bytes);
        if (bytes.Length == 0 || reason is not null)
        {
            draft.Miss(reason ?? (isElsewhere ? UnreadReason.Elsewhere : UnreadReason.NoText));
            return;
        }

        TextFile.ReadQuietly(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), format, title, code, draft);
    }

    /// <summary>Decodes the next piece, or the last bytes when there is none; why not, when it cannot.</summary>
    private UnreadReason? Decode(CdaBase64 base64, ReadOnlySpan<char> piece, MemoryStream bytes)
    {
        try
        {
            var decoded = piece.IsEmpty ? base64.Finish() : base64.Decode(piece);
            if (bytes.Length + decoded.Length > draft.Limits.FileBytesMax)
            {
                return UnreadReason.TooLong;
            }

            bytes.Write(decoded.Span);
            return null;
        }
        catch (CdaRefusedException)
        {
            return UnreadReason.Damaged;
        }
    }
}
