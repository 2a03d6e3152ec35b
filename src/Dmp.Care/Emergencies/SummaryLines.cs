using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>A statement of a document, with where it is.</summary>
/// <param name="Document">The document.</param>
/// <param name="Fact">The statement.</param>
/// <param name="Source">Where it stands, who says it and when.</param>
internal sealed record Stated(CareDocument Document, Fact Fact, Source Source);

/// <summary>Makes lines of the page: words, sources, ages.</summary>
internal sealed class SummaryLines(DateTimeOffset at, SummaryLanguage language)
{
    private const int SourcesMax = 10;
    private const int DetailsMax = 10;

    public SummaryWords Words { get; } = new(language);

    public Ages Ages { get; } = new(at, language);

    public DateTimeOffset At => at;

    /// <summary>The last stated first; of two of one moment, by their documents, so that no order of arrival shows.</summary>
    public static IReadOnlyList<Source> NewestFirst(IEnumerable<Source> sources) =>
    [
        .. sources
            .OrderByDescending(source => source.StatedTime?.ToDateTimeOffset() ?? DateTimeOffset.MinValue)
            .ThenBy(source => source.UniqueId, StringComparer.Ordinal)
            .ThenBy(source => source.DocumentId, StringComparer.Ordinal)
            .ThenBy(source => source.Entry)
            .ThenBy(source => source.Place),
    ];

    /// <summary>A line. Where the patient's side alone states it, its title says so (P2).</summary>
    public SummaryLine Line(string title, IEnumerable<string> details, IEnumerable<Source> sources)
    {
        var ordered = NewestFirst(sources);
        var byPatient = ordered.Count > 0 && ordered.All(source => source.ByPatient);
        var first = ordered.Count > 0 ? ordered[0] : null;
        SummaryLine line = new()
        {
            Title = (byPatient ? Words.PatientPrefix : "") + ShownText.Of(title, ShownText.PartMax - Words.PatientPrefix.Length),
            Origin = first is null ? "" : Origin(first),
            Age = first is null ? "" : Age(first),
            ByPatient = byPatient,
            MoreSources = Math.Max(0, ordered.Count - SourcesMax),
        };
        line.Details.AddRange(details.Select(detail => ShownText.Of(detail)).Where(detail => detail.Length > 0).Take(DetailsMax));
        line.Sources.AddRange(ordered.Take(SourcesMax));
        return line;
    }

    /// <summary>Who, in which structure, on which date, how long ago.</summary>
    public string Origin(Source source) =>
        string.Join(", ", new[] { Who(source), Date(source), Age(source) }.Where(part => part.Length > 0));

    /// <summary>Who says it: for the patient's side always the same words, as a name could be a professional's.</summary>
    public string Who(Source source)
    {
        if (source.ByPatient)
        {
            return Words.ByPatient;
        }

        var (author, structure) = (
            ShownText.Of(source.AuthorName, ShownText.NameMax), ShownText.Of(source.StructureName, ShownText.NameMax));
        return author.Length == 0 ? structure : structure.Length == 0 || structure == author ? author : $"{author} ({structure})";
    }

    public string Date(Source source) =>
        source.StatedTime is { } time ? Ages.Date(time.ToDateTimeOffset(), source.StatedPrecision) : "";

    public string Age(Source source) =>
        source.StatedTime is { } time ? Ages.Ago(time.ToDateTimeOffset(), source.StatedPrecision) : "";

    /// <summary>A time as written in a document: its date where it can be read, or else as it is.</summary>
    public string Written(Moment? moment)
    {
        if (moment is null || moment.Written.Length == 0)
        {
            return "";
        }

        return StatedTimes.Read(moment.Written) is { } time ? Ages.Date(time.Time, time.Precision) : ShownText.Of(moment.Written, 40);
    }

    /// <summary>That there is none, always in the same words.</summary>
    public NoneStated None(Stated stated)
    {
        var who = Who(stated.Source);
        return new NoneStated
        {
            Source = stated.Source,
            Text = Words.NoneBy(who.Length > 0 ? who : "?", Date(stated.Source)),
            StatedText = ShownText.Of(stated.Fact.Text),
        };
    }
}
