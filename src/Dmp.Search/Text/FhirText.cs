using Dmp.Fhir;

namespace Dmp.Search.Text;

/// <summary>The narratives of a FHIR document, section by section, and the words of the files that it carries.</summary>
internal static class FhirText
{
    public static void Read(Stream content, TextDraft draft)
    {
        var (bytes, isWhole) = TextFile.Take(content, draft);
        if (!isWhole)
        {
            // The beginning of a document is none.
            throw new TextStoppedException(UnreadReason.TooLong);
        }

        ReadNarratives(bytes, draft);
        ReadFiles(bytes, draft);
    }

    /// <summary>Everything that is kept is in memory once, so that the bytes are the bound of it.</summary>
    private static FhirReaderOptions Options(TextDraft draft) => new()
    {
        DocumentBytesMax = draft.Limits.FileBytesMax,
        ValueCharsMax = draft.Limits.FileBytesMax,
        KeptCharsMax = draft.Limits.FileBytesMax,
        Time = draft.Limits.Time,
        TimeMax = draft.TimeLeft,
    };

    private static void ReadNarratives(ReadOnlyMemory<byte> bytes, TextDraft draft)
    {
        var read = FhirReader.ReadNarratives(bytes, Options(draft));
        if (read.Faults is [.., { IsRefusal: true } refusal])
        {
            throw new TextStoppedException(ReasonOf(refusal.Kind));
        }

        foreach (var narrative in read.Narratives)
        {
            draft.Look();
            draft.Add(narrative.Title, narrative.Code, narrative.Text);
            Miss(UnreadReason.TooLong, narrative.IsCut ? 1 : 0, draft);
        }

        Miss(UnreadReason.TooLong, read.PassedOver, draft);
    }

    private static void ReadFiles(ReadOnlyMemory<byte> bytes, TextDraft draft)
    {
        var files = 0;
        foreach (var part in FhirParts.Read(bytes, Options(draft)))
        {
            draft.Look();
            if (part is FhirUnseenPart unseen)
            {
                draft.Miss(ReasonOf(unseen.Why));
            }
            else if (part is FhirFile file && ++files > draft.Limits.FilesMax)
            {
                draft.Miss(UnreadReason.TooLong);
            }
            else if (part is FhirFile one)
            {
                ReadFile(one, draft);
            }
        }
    }

    private static void ReadFile(FhirFile file, TextDraft draft)
    {
        var format = TextFile.FormatOf(file.MediaType);
        if (file.IsMalformed)
        {
            draft.Miss(UnreadReason.Damaged);
        }
        else if (TextFile.IsRead(format) && file.Bytes.IsEmpty)
        {
            draft.Miss(UnreadReason.NoText);
        }
        else
        {
            TextFile.ReadQuietly(file.Bytes, format, "", null, draft);
        }
    }

    private static void Miss(UnreadReason reason, int count, TextDraft draft)
    {
        if (count > 0)
        {
            draft.Miss(reason, count);
        }
    }

    private static UnreadReason ReasonOf(FhirFaultKind kind) => kind switch
    {
        FhirFaultKind.TooDeep or FhirFaultKind.DocumentTooLong or FhirFaultKind.TooManyNames => UnreadReason.TooLong,
        FhirFaultKind.TooSlow => UnreadReason.TooSlow,
        FhirFaultKind.Empty or FhirFaultKind.UnknownFormat or FhirFaultKind.WrongRoot or FhirFaultKind.NotADocument
            or FhirFaultKind.NoComposition or FhirFaultKind.OtherRelease => UnreadReason.OtherFormat,
        _ => UnreadReason.Damaged,
    };
}
