using Dmp.Care.V1;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Facts.Reading;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care;

/// <summary>A version of a document with what it states.</summary>
/// <param name="DocumentId">The document.</param>
/// <param name="Version">The version.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="ByPatient">The patient deposited it, or somebody on the patient's side.</param>
/// <param name="CameAt">When it came: nothing in it was stated later.</param>
/// <param name="Facts">What it states.</param>
public sealed record CareDocument(
    string DocumentId, int Version, DocumentMetadata Metadata, bool ByPatient, DateTimeOffset CameAt, IReadOnlyList<Fact> Facts)
{
    private const int NameMax = 300;

    // What a clock that runs ahead may do to a day; further ahead a time is a mistake.
    private static readonly TimeSpan ahead = TimeSpan.FromDays(1);

    /// <summary>Where a fact of it is stated, and when.</summary>
    /// <param name="fact">A fact of this document.</param>
    public Source SourceOf(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        var source = Source();
        source.SectionCode = fact.Source.SectionCode;
        source.Entry = fact.Source.Entry;
        source.Place = fact.Source.Place;
        if (fact.Author is { } author)
        {
            if (author.Name.Length > 0 || author.Id.Length > 0)
            {
                source.AuthorName = Words.Cut(author.Name, NameMax);
                source.AuthorId = author.Id;
            }

        }

        if (ClinicalTime(fact) is { } clinical)
        {
            Set(source, clinical, StatedTimeOrigin.Statement);
        }
        else if (fact.Author?.Time is { } time && Read(time.Written) is { } stated)
        {
            Set(source, stated, StatedTimeOrigin.Statement);
        }

        return source;
    }

    /// <summary>
    /// Of what was handed out the day of it, of what was given the end of it: before who wrote it down, and when. What was given without
    /// an end is as old as what says so.
    /// </summary>
    private CdaTime? ClinicalTime(Fact fact) => fact.Medication switch
    {
        { Role: MedicationRole.Dispensed, SupplyTime: { } supply } => Read(supply.Written),
        { Role: MedicationRole.Administered, Period: { } period } => (period.Single ? period.Low : period.High) is { } last
            ? Read(last.Written)
            : null,
        _ => null,
    };

    /// <summary>The document as a whole.</summary>
    public Source Source()
    {
        var author = Metadata.Authors.FirstOrDefault();
        Source source = new()
        {
            DocumentId = DocumentId,
            Version = Version,
            UniqueId = Metadata.UniqueId,
            DocumentType = Metadata.Type,
            ServiceStartTime = Metadata.ServiceStartTime,
            AuthorName = Words.Cut(NameOf(author), NameMax),
            AuthorId = ByPatient ? "" : author?.Person?.Id ?? author?.Institution?.Id ?? "",
            StructureName = Words.Cut(author?.Institution?.Name ?? "", NameMax),
            StructureId = author?.Institution?.Id ?? "",
            ByPatient = ByPatient,
        };
        var (time, origin) = Metadata.ServiceStartTime is { } act && act.ToDateTimeOffset() <= CameAt + ahead
            ? (act, StatedTimeOrigin.Act)
            : (Metadata.CreationTime is { } made && made.ToDateTimeOffset() <= CameAt + ahead ? made : CameAt.ToTimestamp(),
                StatedTimeOrigin.Creation);
        source.StatedTime = time;
        source.StatedPrecision = TimePrecision.Time;
        source.StatedOrigin = origin;
        return source;
    }

    /// <summary>A time as written, when it can be read and does not lie behind the day on which the document came.</summary>
    internal CdaTime? Read(string written) => TryRead(written, out var time) && time.Time <= CameAt + ahead ? time : null;

    /// <summary>
    /// A time as an entry writes it: an hour without an offset is one of the clock in France, as in the header of a document. A day, a
    /// month or a year is the one that was written, whatever the offset behind it, as its beginning in UTC.
    /// </summary>
    /// <param name="written">As written.</param>
    /// <param name="time">The time.</param>
    public static bool TryRead(string written, out CdaTime time)
    {
        if (!CdaTime.TryRead(written, out time))
        {
            return false;
        }

        time = time.Precision < CdaPrecision.Hour
            ? time with { Time = new DateTimeOffset(time.Time.DateTime, TimeSpan.Zero) } : time.In(FrenchClock.Zone);
        return true;
    }

    /// <summary>How much of a time was written.</summary>
    internal static TimePrecision PrecisionOf(CdaTime time) => time.Precision switch
    {
        CdaPrecision.Year => TimePrecision.Year,
        CdaPrecision.Month => TimePrecision.Month,
        CdaPrecision.Day => TimePrecision.Day,
        _ => TimePrecision.Time,
    };

    private static void Set(Source source, CdaTime time, StatedTimeOrigin origin)
    {
        source.StatedTime = time.Time.ToTimestamp();
        source.StatedPrecision = PrecisionOf(time);
        source.StatedOrigin = origin;
    }

    /// <summary>The person, or else the structure; empty when neither has a name.</summary>
    /// <param name="author">An author of a document.</param>
    public static string NameOf(Author? author) => author?.Person is { } person
        ? string.Join(' ', new[] { person.GivenName, person.FamilyName }.Where(name => name.Length > 0))
        : author?.Institution?.Name ?? "";
}
