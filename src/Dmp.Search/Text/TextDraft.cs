namespace Dmp.Search.Text;

/// <summary>What was read of a document so far, within its bounds.</summary>
internal sealed class TextDraft(TextLimits limits, CancellationToken stop)
{
    private readonly List<TextSection> sections = [];
    private readonly SortedDictionary<UnreadReason, int> unread = [];
    private readonly long begin = limits.Time.GetTimestamp();
    private int kept;

    public TextLimits Limits => limits;

    /// <summary>Characters that may still be kept.</summary>
    public int CharsLeft => limits.CharsMax - kept;

    /// <summary>Time that is left for the document.</summary>
    public TimeSpan TimeLeft => limits.TimeMax - limits.Time.GetElapsedTime(begin);

    public void Miss(UnreadReason reason, int count = 1) => unread[reason] = unread.GetValueOrDefault(reason) + count;

    /// <summary>Looks at the clock and at the caller's wish to stop.</summary>
    /// <exception cref="TextStoppedException">The time is over.</exception>
    public void Look()
    {
        stop.ThrowIfCancellationRequested();
        if (TimeLeft < TimeSpan.Zero)
        {
            throw new TextStoppedException(UnreadReason.TooSlow);
        }
    }

    /// <summary>Keeps a section, or the beginning of one that is too long. One without words is none.</summary>
    public void Add(string title, string? code, string text, int? page = null)
    {
        if (title.Length == 0 && text.Length == 0)
        {
            return;
        }

        if (sections.Count >= limits.SectionsMax || (CharsLeft <= 0 && text.Length > 0))
        {
            Miss(UnreadReason.TooLong);
            return;
        }

        if (text.Length > CharsLeft)
        {
            Miss(UnreadReason.TooLong);
            text = Letters.Cut(text, CharsLeft);
        }

        kept += text.Length;
        sections.Add(new TextSection(Letters.Cut(title, limits.TitleCharsMax), code, text) { Page = page });
    }

    public DocumentText Conclude() => new(sections, [.. unread.Select(entry => new UnreadText(entry.Key, entry.Value))]);
}
