namespace Dmp.Search.Text;

/// <summary>How the words of a file are read.</summary>
internal enum TextFormat
{
    Other,
    Cda,
    Fhir,
    Pdf,
    Rtf,
    Plain,
    Picture,
}

/// <summary>One file that is taken into memory: a PDF, an RTF or a text.</summary>
internal static class TextFile
{
    public static TextFormat FormatOf(string? mimeType)
    {
        var name = (mimeType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        return name switch
        {
            "text/xml" or "application/xml" or "application/cda+xml" or "application/hl7-cda+xml" => TextFormat.Cda,
            "application/fhir+json" or "application/fhir+xml" => TextFormat.Fhir,
            "application/pdf" => TextFormat.Pdf,
            "text/rtf" or "application/rtf" => TextFormat.Rtf,
            "text/plain" => TextFormat.Plain,
            "application/dicom" => TextFormat.Picture,
            _ when name.StartsWith("image/", StringComparison.Ordinal) => TextFormat.Picture,
            _ => TextFormat.Other,
        };
    }

    /// <summary>Reads one file to its end, or to the bound.</summary>
    public static void Read(Stream content, TextFormat format, TextDraft draft)
    {
        if (!IsRead(format))
        {
            Read(ReadOnlyMemory<byte>.Empty, format, "", null, draft);
            return;
        }

        var (bytes, isWhole) = Take(content, draft);
        if (!isWhole)
        {
            Miss(format, draft);
        }

        Read(bytes, format, "", null, draft);
    }

    /// <summary>The bytes of a file up to the bound, and whether these are all of them.</summary>
    public static (ReadOnlyMemory<byte> Bytes, bool IsWhole) Take(Stream content, TextDraft draft)
    {
        using var held = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var (read, room) = (0, draft.Limits.FileBytesMax);
        while (read <= room && (read = content.Read(buffer, 0, buffer.Length)) > 0)
        {
            draft.Look();
            room = draft.Limits.FileBytesMax - (int)held.Length;
            held.Write(buffer, 0, Math.Min(room, read));
        }

        return (held.GetBuffer().AsMemory(0, (int)held.Length), read <= room);
    }

    public static bool IsRead(TextFormat format) => format is TextFormat.Pdf or TextFormat.Rtf or TextFormat.Plain;

    /// <summary>The words of one file, told with the title and the code of what it stands in.</summary>
    public static void Read(ReadOnlyMemory<byte> bytes, TextFormat format, string title, string? code, TextDraft draft)
    {
        switch (format)
        {
            case TextFormat.Pdf:
                PdfText.Read(bytes, title, code, draft);
                break;
            case TextFormat.Rtf:
                draft.Add(title, code, new RtfText(bytes, draft).Read());
                break;
            case TextFormat.Plain:
                draft.Add(title, code, PlainText.Read(bytes.Span, draft));
                break;
            case TextFormat.Picture:
                draft.Miss(UnreadReason.NoText);
                break;
            default:
                draft.Miss(UnreadReason.OtherFormat);
                break;
        }
    }

    /// <summary>A file that cannot be read does not end the document around it; time that is over does.</summary>
    public static void ReadQuietly(ReadOnlyMemory<byte> bytes, TextFormat format, string title, string? code, TextDraft draft)
    {
        try
        {
            Read(bytes, format, title, code, draft);
        }
        catch (TextStoppedException stopped) when (stopped.Reason != UnreadReason.TooSlow)
        {
            draft.Miss(stopped.Reason);
        }
    }

    /// <summary>A file beyond its bound. The beginning of a PDF is none, so nothing of it is read.</summary>
    public static void Miss(TextFormat format, TextDraft draft)
    {
        if (format == TextFormat.Pdf)
        {
            throw new TextStoppedException(UnreadReason.TooLong);
        }

        draft.Miss(UnreadReason.TooLong);
    }
}
