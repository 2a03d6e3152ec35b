using Dmp.Care.V1;

namespace Dmp.Care.Emergencies;

/// <summary>What a page shows of one thing.</summary>
/// <param name="Title">In bold.</param>
/// <param name="Details">Behind it.</param>
/// <param name="Origin">Who, when, how long ago.</param>
internal sealed record PageLine(string Title, IReadOnlyList<string> Details, string Origin);

/// <summary>A block of a page.</summary>
/// <param name="Id">For anchors.</param>
/// <param name="Heading">Its heading.</param>
/// <param name="IsCritical">Must not be overlooked: allergies, dangerous medicines, interactions.</param>
/// <param name="Lines">What fits.</param>
/// <param name="More">That there is more, and what where it must not be lost; empty when there is not.</param>
/// <param name="Rest">What did not fit, for a page that can show it when asked.</param>
/// <param name="Notes">Below the lines.</param>
internal sealed record PageBlock(
    string Id,
    string Heading,
    bool IsCritical,
    IReadOnlyList<PageLine> Lines,
    string More,
    IReadOnlyList<PageLine> Rest,
    IReadOnlyList<string> Notes);

/// <summary>How many lines of a block a page takes.</summary>
internal sealed record PageLimits
{
    /// <summary>Those of one A4 (P19).</summary>
    public static readonly PageLimits A4 = new();

    /// <summary>Where those do not fit. Allergies, dangerous medicines and their interactions stay.</summary>
    public static readonly PageLimits Tight = new() { Others = 8, Problems = 6, Visits = 2, Devices = 3, Unread = 3 };

    public int Allergies { get; init; } = 6;

    public int Others { get; init; } = 12;

    public int Problems { get; init; } = 8;

    public int Visits { get; init; } = 3;

    public int Devices { get; init; } = 4;

    public int People { get; init; } = 3;

    public int Directives { get; init; } = 2;

    public int Unread { get; init; } = 7;
}

/// <summary>
/// The page as all its writers show it: which blocks in which order, what fits, what is said of the rest. Dangerous medicines and the rules
/// that are told of them are never cut; of allergies that do not fit the names stay (P19).
/// </summary>
internal sealed class PageLayout
{
    /// <summary>Between the parts of a line.</summary>
    public const string Separator = " · ";

    private const int NamesMax = 40;

    private readonly EmergencySummary summary;
    private readonly SummaryWords words;
    private readonly PageLimits limits;

    private PageLayout(EmergencySummary summary, PageLimits limits)
    {
        this.summary = summary;
        this.limits = limits;
        words = new SummaryWords(summary.Strip.LanguageCode == "en" ? SummaryLanguage.English : SummaryLanguage.French);
        Blocks = [.. Made().Where(block => block.Lines.Count > 0 || block.Notes.Count > 0 || block.More.Length > 0)];
    }

    public string Title => words.PageTitle;

    public string LanguageCode => words.LanguageCode;

    public string Identity => summary.Identity.Text;

    /// <summary>The names, which stand out, …</summary>
    public string Name => Identity.Split(Separator, 2)[0];

    /// <summary>… and what is behind them.</summary>
    public string Traits => Identity[Name.Length..];

    public string Strip => summary.Strip.Text;

    public string Warning => summary.Strip.Warning;

    public IReadOnlyList<string> Alerts => [.. summary.Strip.Alerts.Select(alert => $"{words.Recent}{words.Colon}{alert}")];

    public IReadOnlyList<PageBlock> Blocks { get; }

    public static PageLayout Of(EmergencySummary summary, PageLimits limits) => new(summary, limits);

    private static PageLine LineOf(SummaryLine line) => new(line.Title, [.. line.Details], OriginOf(line));

    private static string OriginOf(SummaryLine line)
    {
        var others = line.Sources.Count - 1 + line.MoreSources;
        return others > 0 && line.Origin.Length > 0 ? $"{line.Origin} (+{others})" : line.Origin;
    }

    private IEnumerable<PageBlock> Made()
    {
        yield return Block(
            "allergies", SummarySection.Allergies, summary.Allergies.Lines.Select(line => line.Line), limits.Allergies,
            summary.Allergies.MoreLines, Under(summary.Allergies.Lines.Count, summary.Allergies.NoneStated), isCritical: true, named: true);
        yield return Block(
            "dangerous", SummarySection.DangerousMedicines, summary.DangerousMedicines.Lines.Select(line => line.Line), int.MaxValue,
            0, Under(summary.DangerousMedicines.Lines.Count, summary.OtherMedicines.NoneStated), isCritical: true);
        yield return Block(
            "interactions", words.In("Interactions entre ces médicaments", "Interactions among the medicines"),
            summary.Interactions.Lines.Select(line => WithoutCount(line.Line)), int.MaxValue, 0, summary.Interactions.Notes,
            isCritical: true);
        yield return Block(
            "medicines", SummarySection.OtherMedicines, summary.OtherMedicines.Lines.Select(line => line.Line), limits.Others,
            summary.OtherMedicines.MoreLines,
            [
                .. summary.DangerousMedicines.Lines.Count > 0
                    ? [] : Under(summary.OtherMedicines.Lines.Count, summary.OtherMedicines.NoneStated),
                .. Ended(),
            ],
            named: true);
        yield return Block(
            "problems", SummarySection.Problems, summary.Problems.Lines.Select(line => line.Line), limits.Problems,
            summary.Problems.MoreLines, Under(summary.Problems.Lines.Count, summary.Problems.NoneStated), named: true);
        yield return Block(
            "visits", SummarySection.Visits, summary.Visits.Lines.Select(line => line.Line), limits.Visits, summary.Visits.MoreLines, []);
        yield return Block(
            "results", SummarySection.Results, summary.Results.Lines.Select(line => line.Line), int.MaxValue, 0, []);
        yield return Block(
            "devices", SummarySection.Devices, summary.Devices.Lines.Select(line => line.Line), limits.Devices, summary.Devices.MoreLines,
            Under(summary.Devices.Lines.Count, summary.Devices.NoneStated, isTold: summary.Devices.Lines.Count > 0));
        yield return Block(
            "pregnancy", SummarySection.Pregnancy, Some(summary.Pregnancy.Line?.Line), int.MaxValue, 0, []);
        yield return Block(
            "blood-group", SummarySection.BloodGroup, Some(summary.BloodGroup.Line), int.MaxValue, 0,
            summary.BloodGroup.Line is null ? [] : [summary.BloodGroup.Reminder]);
        yield return Block(
            "people", SummarySection.People, summary.People.Lines.Select(line => line.Line), limits.People, 0, []);
        yield return Wishes();
        yield return NotFound();
    }

    /// <summary>Its origin names both sources already.</summary>
    private static SummaryLine WithoutCount(SummaryLine line)
    {
        var told = line.Clone();
        told.Sources.Clear();
        return told;
    }

    private static IEnumerable<SummaryLine> Some(SummaryLine? line) => line is null ? [] : [line];

    /// <summary>What stands below the lines: that there is none, as stated; or that nothing was found.</summary>
    private IReadOnlyList<string> Under(int count, IEnumerable<NoneStated> none, bool isTold = true) => !isTold ? []
        : [.. none.Select(NoneText).DefaultIfEmpty(count == 0 ? words.NothingFound : "").Where(text => text.Length > 0)];

    private static string NoneText(NoneStated none) => none.StatedText.Length > 0 ? $"{none.Text} « {none.StatedText} »" : none.Text;

    private IEnumerable<string> Ended() => summary.OtherMedicines.RecentlyEnded.Count == 0 ? [] :
    [
        words.In("Terminés depuis moins de 30 jours : ", "Ended in the last 30 days: ")
            + string.Join(", ", summary.OtherMedicines.RecentlyEnded),
    ];

    private PageBlock Wishes()
    {
        var wishes = summary.Wishes;
        var donation = words.Section(SummarySection.Donation);
        List<PageLine> lines = [.. wishes.Directives.Take(limits.Directives).Select(one => LineOf(one.Line))];
        lines.Add(wishes.Donation is { } stated
            ? new PageLine($"{donation}{words.Colon}{stated.Title}", [.. stated.Details], stated.Origin)
            : new PageLine($"{donation}{words.Colon}{words.NotStated}", [], ""));
        var rest = wishes.Directives.Skip(limits.Directives).Select(one => LineOf(one.Line)).ToList();
        return new PageBlock(
            "wishes", words.In("Directives et don d'organes", "Directives and organ donation"), false, lines,
            rest.Count > 0 ? words.More(rest.Count) : "", rest, [wishes.DonationReminder]);
    }

    private PageBlock NotFound()
    {
        var block = summary.NotFound;
        List<string> notes = [];
        var nothing = block.Gaps.Where(gap => gap.Kind == GapKind.Nothing).Select(gap => gap.Name).ToList();
        if (nothing.Count > 0)
        {
            notes.Add($"{words.NothingFound} {string.Join(" ; ", nothing)}.");
        }

        notes.AddRange(block.Gaps.Where(gap => gap.Kind == GapKind.DocumentedNone).Select(gap => $"{gap.Name}{words.Colon}{gap.Text}"));
        var lines = block.Unread.Take(limits.Unread).Select(type => new PageLine(type.Text, [], "")).ToList();
        var rest = block.Unread.Skip(limits.Unread).Select(type => new PageLine(type.Text, [], "")).ToList();
        var unread = block.Unread.Sum(type => type.Count);
        if (unread > 0)
        {
            // Of types beyond those of the message the documents are not counted.
            var isAll = block.MoreUnreadTypes == 0;
            notes.Add(words.In(
                $"Documents dont le contenu n'est pas repris ici : {(isAll ? "" : "plus de ")}{unread}, par type :",
                $"Documents whose content is not told here: {(isAll ? "" : "more than ")}{unread}, by type:"));
        }

        notes.AddRange(lines.Select(line => "– " + line.Title));
        if (rest.Count + block.MoreUnreadTypes > 0)
        {
            notes.Add(words.More(rest.Count + block.MoreUnreadTypes));
        }

        if (block.Documents is { UnreadEntries: > 0 } coverage)
        {
            notes.Add(words.In(
                $"Rubriques des documents lus qui n'ont pas pu être reprises : {coverage.UnreadEntries}.",
                $"Entries of the documents read that could not be taken: {coverage.UnreadEntries}."));
        }

        if (block.Documents is { MoreDocuments: true })
        {
            notes.Add(words.In(
                "Le dossier contient des documents plus anciens qui n'ont pas été lus.",
                "The record holds older documents that were not read."));
        }

        notes.Add(block.HiddenPossible);
        return new PageBlock("not-found", words.In("Non trouvé, non lu", "Not found, not read"), false, [], "", [], notes);
    }

    private PageBlock Block(
        string id, SummarySection section, IEnumerable<SummaryLine> lines, int limit, int beyond, IReadOnlyList<string> notes,
        bool isCritical = false, bool named = false) =>
        Block(id, words.Section(section), lines, limit, beyond, notes, isCritical, named);

    private PageBlock Block(
        string id, string heading, IEnumerable<SummaryLine> lines, int limit, int beyond, IReadOnlyList<string> notes,
        bool isCritical = false, bool named = false)
    {
        var all = lines.Select(LineOf).ToList();
        var rest = all.Skip(limit).ToList();
        var more = rest.Count + beyond;
        var names = named && rest.Count > 0 ? words.Colon + string.Join(", ", rest.Select(line => ShownText.Of(line.Title, NamesMax))) : "";
        return new PageBlock(id, heading, isCritical, [.. all.Take(limit)], more > 0 ? words.More(more) + names : "", rest, notes);
    }
}
