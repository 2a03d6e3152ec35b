namespace Dmp.Search.Text;

/// <summary>The words of a document, and what of it was not read.</summary>
/// <param name="Sections">In the order of the document.</param>
/// <param name="Unread">Counted by reason; empty when all was read.</param>
public sealed record DocumentText(IReadOnlyList<TextSection> Sections, IReadOnlyList<UnreadText> Unread)
{
    /// <summary>
    /// The words of one document, from where the stream stands; it stays open. Whatever the bytes are, the answer is a reading: memory and
    /// time depend on the limits.
    /// </summary>
    /// <param name="content">The bytes. The stream need not seek.</param>
    /// <param name="mimeType">Media type as the record names it; parameters are ignored.</param>
    /// <param name="limits">Bounds; null for the usual ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The stream failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static DocumentText Read(
        Stream content, string mimeType, TextLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(mimeType);
        var draft = new TextDraft(limits ?? new TextLimits(), cancellationToken);
        try
        {
            var format = TextFile.FormatOf(mimeType);
            if (format == TextFormat.Cda)
            {
                CdaText.Read(content, draft);
            }
            else if (format == TextFormat.Fhir)
            {
                FhirText.Read(content, draft);
            }
            else
            {
                TextFile.Read(content, format, draft);
            }
        }
        catch (TextStoppedException stopped)
        {
            draft.Miss(stopped.Reason);
        }

        return draft.Conclude();
    }
}
