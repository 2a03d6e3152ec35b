using System.Text;
using System.Xml;

namespace Dmp.Cda;

/// <summary>The files that a document carries, wherever in it, handed over as bytes.</summary>
internal sealed partial class CdaWalk
{
    private byte[]? encoded;

    /// <summary>
    /// Hands over the file that the element the reader stands on carries: in base 64, or as text of another media type than text, or as the
    /// body of level 1 whatever its form. False when it carries none; otherwise the reader has gone to its end, or nobody asks for files.
    /// </summary>
    private async ValueTask<bool> TakeFileAsync(bool isBody)
    {
        if (!isBody && !xml.HasAttributes)
        {
            return false;
        }

        if (DataReference() is { } reference)
        {
            await TakeReferenceAsync(reference);
            return false;
        }

        var (isBase64, mediaType) = (IsBase64(), MediaType());
        var compression = xml.GetAttribute("compression");
        if (!isBody && !isBase64 && compression is null && !IsFile(mediaType))
        {
            return false;
        }

        var mark = isBase64 ? "@representation='B64'" : "@mediaType";
        var file = new CdaFile($"/ClinicalDocument//{xml.LocalName}[{mark}][{++header.FileCount}]", mediaType, isBody)
        {
            IsText = !isBase64,
            Compression = compression,
        };
        if (options.Files is null)
        {
            // Counted; what is inside of the element is looked at as the rest of the document is.
            return false;
        }

        await ReadFileAsync(file);
        return true;
    }

    /// <summary>All text inside of the element is the file's; another file there would make it unclear which bytes are whose.</summary>
    private async Task ReadFileAsync(CdaFile file)
    {
        var base64 = new CdaBase64(buffer.Length);
        var text = Encoding.UTF8.GetEncoder();
        var (depth, isEmpty, hasBytes, isElsewhere) = (xml.Depth, xml.IsEmptyElement, false, false);
        while (!isEmpty && await NextAsync(drain: false) && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element)
            {
                isElsewhere |= xml.LocalName == "reference";
                if (IsBase64() || DataReference() is not null)
                {
                    throw new CdaRefusedException(
                        CdaFaultKind.NestedFile, "A file that the document carries has another one inside of its element.");
                }
            }

            if (xml.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA))
            {
                continue;
            }

            int read;
            while ((read = await ReadValueAsync()) > 0)
            {
                input.Mark();
                if (file.IsText && !hasBytes && buffer.AsSpan(0, read).IsWhiteSpace())
                {
                    // Blanks before the text, or around a reference.
                    continue;
                }

                var piece = file.IsText ? Encode(text, read) : base64.Decode(buffer.AsSpan(0, read));
                if (hasBytes || !piece.IsEmpty)
                {
                    hasBytes = true;
                    await options.Files!(new CdaFilePart(file, piece, IsLast: false), stop);
                }
            }
        }

        var last = file.IsText ? default : base64.Finish();
        if (hasBytes || !last.IsEmpty || file.IsBody || !file.IsText && !isElsewhere)
        {
            await options.Files!(
                new CdaFilePart(hasBytes ? file : file with { IsElsewhere = isElsewhere && last.IsEmpty }, last, IsLast: true), stop);
        }
    }

    private ReadOnlyMemory<byte> Encode(Encoder text, int length)
    {
        encoded ??= new byte[Encoding.UTF8.GetMaxByteCount(buffer.Length)];
        text.Convert(buffer.AsSpan(0, length), encoded, flush: false, out _, out var bytes, out _);
        return encoded.AsMemory(0, bytes);
    }

    /// <summary>A reference that is no place but the bytes themselves (RFC 2397).</summary>
    private string? DataReference() =>
        xml.LocalName is "reference" or "linkHtml" or "renderMultiMedia"
        && (xml.GetAttribute("value") ?? xml.GetAttribute("href"))?.TrimStart() is { } address
        && address.StartsWith("data:", StringComparison.OrdinalIgnoreCase)
            ? address
            : null;

    private async Task TakeReferenceAsync(string address)
    {
        var place = $"/ClinicalDocument//{xml.LocalName}[starts-with(@value|@href, 'data:')][{++header.FileCount}]";
        if (options.Files is not { } files)
        {
            return;
        }

        var comma = address.IndexOf(',', StringComparison.Ordinal);
        var kind = address["data:".Length..Math.Max("data:".Length, comma)].Split(';', StringSplitOptions.TrimEntries);
        var file = new CdaFile(place, kind[0].Length is > 0 and <= 100 ? kind[0].ToLowerInvariant() : null, IsBody: false)
        {
            IsText = !kind[^1].Equals("base64", StringComparison.OrdinalIgnoreCase),
        };
        var data = Uri.UnescapeDataString(address[(comma + 1)..]);
        if (file.IsText)
        {
            await files(new CdaFilePart(file, Encoding.UTF8.GetBytes(data), IsLast: true), stop);
            return;
        }

        var base64 = new CdaBase64(data.Length);
        await files(new CdaFilePart(file, base64.Decode(data), IsLast: false), stop);
        await files(new CdaFilePart(file, base64.Finish(), IsLast: true), stop);
    }

    private bool IsBase64() => "B64".Equals(xml.GetAttribute("representation")?.Trim(), StringComparison.OrdinalIgnoreCase);

    private string? MediaType() =>
        xml.GetAttribute("mediaType")?.Trim().ToLowerInvariant() is { Length: > 0 and <= 100 } mediaType ? mediaType : null;

    /// <summary>Text of a type that is opened by a program of its own, though it stands there as text.</summary>
    private static bool IsFile(string? mediaType) =>
        mediaType is not null
            && (!mediaType.StartsWith("text/", StringComparison.Ordinal) || mediaType.StartsWith("text/rtf", StringComparison.Ordinal));
}
