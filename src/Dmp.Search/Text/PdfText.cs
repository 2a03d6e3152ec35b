using UglyToad.PdfPig;
using UglyToad.PdfPig.Exceptions;

namespace Dmp.Search.Text;

/// <summary>
/// The words of a PDF, page by page. The library behind it has no bounds of its own, so they stand where it unpacks a stream
/// (<see cref="BoundedFilters"/>) and where it shows a glyph (<see cref="PdfGlyphs"/>).
/// </summary>
internal static class PdfText
{
    // Far below what a thread of the pool has room for.
    private const int NestingMax = 64;

    public static void Read(ReadOnlyMemory<byte> bytes, string title, string? code, TextDraft draft)
    {
        try
        {
            var filters = new BoundedFilters(draft);
            var options = new ParsingOptions
            {
                UseLenientParsing = true,
                SkipMissingFonts = true,
                MaxStackDepth = NestingMax,
                FilterProvider = filters,
            };
            using var document = PdfDocument.Open(bytes, options);
            document.AddPageFactory<string, PdfPageFactory>();
            ReadPages(document, filters, title, code, draft);
        }
        catch (PdfDocumentEncryptedException)
        {
            throw new TextStoppedException(UnreadReason.Encrypted);
        }
        catch (Exception broken) when (IsOfTheBytes(broken))
        {
            throw new TextStoppedException(UnreadReason.Damaged);
        }
    }

    private static void ReadPages(
        PdfDocument document, BoundedFilters filters, string title, string? code, TextDraft draft)
    {
        if (document.NumberOfPages <= 0)
        {
            draft.Miss(UnreadReason.Damaged);
        }

        if (document.NumberOfPages > draft.Limits.PagesMax)
        {
            draft.Miss(UnreadReason.TooLong, document.NumberOfPages - draft.Limits.PagesMax);
        }

        for (var number = 1; number <= Math.Min(document.NumberOfPages, draft.Limits.PagesMax); number++)
        {
            draft.Look();
            if (draft.CharsLeft <= 0)
            {
                draft.Miss(UnreadReason.TooLong, Math.Min(document.NumberOfPages, draft.Limits.PagesMax) - number + 1);
                return;
            }

            filters.TakeStopped();
            ReadPage(document, filters, number, title, code, draft);
        }
    }

    private static void ReadPage(
        PdfDocument document, BoundedFilters filters, int number, string title, string? code, TextDraft draft)
    {
        try
        {
            var words = document.GetPage<string>(number);
            if (filters.TakeStopped())
            {
                // A font that was stopped; what other fonts show is kept.
                draft.Miss(UnreadReason.TooLong);
                draft.Add(words.Length > 0 ? title : "", code, words, number);
            }
            else if (words.Length == 0)
            {
                draft.Miss(UnreadReason.NoText);
            }
            else
            {
                draft.Add(title, code, words, number);
            }
        }
        catch (TextStoppedException stopped) when (stopped.Reason == UnreadReason.TooLong)
        {
            // Mostly a drawing: the other pages may have words.
            draft.Miss(UnreadReason.TooLong);
        }
        catch (Exception broken) when (IsOfTheBytes(broken))
        {
            draft.Miss(UnreadReason.Damaged);
        }
    }

    // The library throws a dozen kinds for bytes that it cannot read, and says which of them nowhere.
    private static bool IsOfTheBytes(Exception broken) =>
        broken is not (OperationCanceledException or TextStoppedException or PdfDocumentEncryptedException or InsufficientMemoryException);
}
