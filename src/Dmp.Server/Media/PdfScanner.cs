namespace Dmp.Server.Media;

/// <summary>What a PDF bears besides pages. Words of ours, never of the document.</summary>
/// <param name="IsEncrypted">It names a security handler, whether or not it asks for a password.</param>
/// <param name="Active">Kinds of what acts or carries files, such as <c>JavaScript</c>, in order.</param>
/// <param name="Unreadable">Why the rest of it cannot be known; null when all was seen.</param>
/// <param name="Damaged">Why no viewer can show it; null when there are pages.</param>
/// <param name="IsRepaired">Viewers show it, but have to repair it, for its end is missing.</param>
internal sealed record PdfFindings(bool IsEncrypted, IReadOnlyList<string> Active, string? Unreadable, string? Damaged, bool IsRepaired);

/// <summary>
/// Finds what a PDF bears that acts, and whether it has pages, as it streams by. Keeps what its objects are made of and reads it at the
/// end, within a <see cref="PdfBudget"/>.
/// </summary>
internal sealed class PdfScanner
{
    private readonly PdfKept kept = new();
    private readonly PdfCollector collector;

    public PdfScanner() => collector = new PdfCollector(kept);

    /// <summary>Takes the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => collector.Write(bytes);

    /// <summary>
    /// What was found, after the last bytes. Object streams of an encrypted document are encrypted, too: what they hold stays unknown.
    /// </summary>
    public PdfFindings Conclude()
    {
        collector.Complete();
        var budget = new PdfBudget();
        PdfTables? tables = null;
        try
        {
            if (kept.IsFull)
            {
                throw new PdfUnreadableException($"It has more than {PdfBudget.KeptBytesMax} bytes besides pages and pictures.");
            }

            tables = new PdfTables(kept, budget);
            var document = new PdfDocument(kept, tables, budget);
            var active = new PdfActions(document).Conclude();
            return document.IsEncrypted ? new PdfFindings(true, active, null, null, false)
                : new PdfFindings(false, active, null, new PdfPages(document).Fault, !tables.HasEnd);
        }
        catch (PdfUnreadableException reason)
        {
            return new PdfFindings(tables?.Trailers.Exists(trailer => trailer.Has("Encrypt")) ?? false, [], reason.Message, null, false);
        }
    }
}
