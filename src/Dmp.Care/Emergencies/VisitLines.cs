using Dmp.Care.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Visits in emergency departments, stays and discharge letters (P9), from documents of their types, read or not, and from what other
/// documents say of stays. Those of the last three days come first.
/// </summary>
internal sealed class VisitLines(SummaryLines lines)
{
    private const int LinesMax = 20;
    private const string Loinc = "2.16.840.1.113883.6.1";

    private static readonly TimeSpan recent = TimeSpan.FromDays(3);

    // What a clock that runs ahead may do to a day.
    private static readonly TimeSpan ahead = TimeSpan.FromDays(1);

    // A stay without an end may go on; after a month its end was rather forgotten.
    private static readonly TimeSpan longestOpen = TimeSpan.FromDays(30);

    // An end further ahead is a mistake, and tells nothing.
    private static readonly TimeSpan furthestEnd = TimeSpan.FromDays(366);

    /// <summary>Types of documents that are written of a visit or a stay.</summary>
    private static readonly Dictionary<string, VisitKind> types = new(StringComparer.Ordinal)
    {
        ["15507-7"] = VisitKind.Emergency,
        ["60280-5"] = VisitKind.Emergency,
        ["34112-3"] = VisitKind.Stay,
        ["11490-0"] = VisitKind.DischargeLetter,
    };

    /// <summary>HL7 ActCode, and what the CI-SIS has for a stay.</summary>
    private static readonly Dictionary<string, VisitKind> encounters = new(StringComparer.Ordinal)
    {
        ["EMER"] = VisitKind.Emergency,
        ["IMP"] = VisitKind.Stay,
        ["ACUTE"] = VisitKind.Stay,
        ["NONAC"] = VisitKind.Stay,
        ["ORG-077"] = VisitKind.Stay,
    };

    public VisitBlock Of(SummaryFacts facts, IEnumerable<CareDocument> unread)
    {
        var byDocument = facts.OfPatient.ToLookup(one => one.Document, ReferenceEqualityComparer.Instance);
        var written = facts.Documents.Concat(unread)
            .Select(document => (Document: document, Kind: KindOf(document)))
            .Where(one => one.Kind != VisitKind.Unspecified)
            .Select(one => OfDocument(byDocument[one.Document], one.Document, one.Kind))
            .ToList();
        var told = facts.Of(Fact.KindOneofCase.Encounter)
            .Where(stated => !stated.Fact.Negated && stated.Fact.Encounter.Code is { } code && encounters.ContainsKey(code.Code)
                && (StatedTimes.Begin(stated.Fact.Encounter.Period) is not { } begin || begin <= lines.At + ahead)
                && KindOf(stated.Document) == VisitKind.Unspecified)
            .GroupBy(stated => (stated.Fact.Encounter.Code.Code, stated.Fact.Encounter.Period?.Low?.Written ?? "", PlaceOf(stated)))
            .Select(group => OfEncounter([.. group]));
        var made = written.Concat(told)
            .Where(line => line.StartTime is null || line.StartTime.ToDateTimeOffset() <= lines.At + ahead)
            .OrderBy(line => !line.Recent)
            .ThenByDescending(line => (line.EndTime ?? line.StartTime)?.ToDateTimeOffset())
            .ThenBy(line => line.Kind)
            .ThenBy(line => line.Document.UniqueId, StringComparer.Ordinal)
            .ThenBy(line => line.Document.DocumentId, StringComparer.Ordinal)
            .ThenBy(line => line.Line.Title, StringComparer.Ordinal)
            .ToList();
        VisitBlock block = new() { MoreLines = Math.Max(0, made.Count - LinesMax) };
        block.Lines.AddRange(made.Take(LinesMax));
        return block;
    }

    private static VisitKind KindOf(CareDocument document) => document.Metadata.Type is { System: Loinc } type
        ? types.GetValueOrDefault(type.Code) : VisitKind.Unspecified;

    private static string PlaceOf(Stated stated) => ShownText.Of(stated.Fact.Encounter.OrganizationName, ShownText.NameMax);

    private VisitLine OfDocument(IEnumerable<Stated> facts, CareDocument document, VisitKind kind)
    {
        var source = document.Source();
        var end = document.Metadata.ServiceStopTime?.ToDateTimeOffset();
        VisitLine line = new()
        {
            Kind = kind,

            // A mistyped begin must not hide the visit.
            StartTime = document.Metadata.ServiceStartTime is null ? null : source.StatedTime,
            EndTime = EndBy(end),
            Document = source,
        };
        line.Recent = IsRecent(line.StartTime?.ToDateTimeOffset(), end, mayGoOn: false);
        var reasons = facts
            .Where(stated => SummaryFacts.IsSo(stated.Fact)
                && stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified })
            .Select(stated => ReasonOf(stated.Fact))
            .Where(reason => reason.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Take(2);
        line.Line = lines.Line(
            lines.Words.Visit(kind),
            DetailsOf(line, end, ShownText.Of(document.Metadata.Title, 160), reasons, source.StructureName),
            [source]);
        return line;
    }

    private VisitLine OfEncounter(IReadOnlyList<Stated> group)
    {
        var newest = Newest.Of(group);
        var encounter = newest.Fact.Encounter;
        var end = StatedTimes.End(encounter.Period);
        VisitLine line = new()
        {
            Kind = encounters[encounter.Code.Code],
            StartTime = StatedTimes.Begin(encounter.Period)?.ToTimestamp(),
            EndTime = EndBy(end),
            Document = newest.Source,
        };
        line.Recent = IsRecent(StatedTimes.Begin(encounter.Period), end, mayGoOn: line.Kind == VisitKind.Stay);
        var period = string.Join(" – ", new[] { lines.Written(encounter.Period?.Low), EndOf(encounter) }.Where(part => part.Length > 0));
        line.Line = lines.Line(
            lines.Words.Visit(line.Kind),
            [line.Recent ? lines.Words.Recent : "", period, PlaceOf(newest), ShownText.Of(newest.Fact.Text, 160)],
            group.Select(stated => stated.Source));
        return line;
    }

    private string EndOf(Encounter encounter) => encounter.Period is { Single: false } ? lines.Written(encounter.Period.High) : "";

    private IEnumerable<string> DetailsOf(VisitLine line, DateTimeOffset? stop, string title, IEnumerable<string> reasons, string structure)
    {
        yield return line.Recent ? lines.Words.Recent : "";
        var begin = line.StartTime is { } from ? lines.Ages.DateAndHour(from.ToDateTimeOffset()) : "";
        var end = stop is { } to ? lines.Ages.DateAndHour(to) : "";
        yield return end.Length > 0 && end != begin ? $"{begin} – {end}" : begin;
        yield return ShownText.Of(structure, ShownText.NameMax);
        yield return title;
        foreach (var reason in reasons)
        {
            yield return reason;
        }
    }

    /// <summary>What the document says of why: the summary of a stay (MED-142), or a diagnosis.</summary>
    private static string ReasonOf(Fact fact) => fact.KindCase switch
    {
        Fact.KindOneofCase.Observation when fact.Observation.Code?.Code == "MED-142" =>
            fact.Observation.Values.Select(ObservedWords.Of).FirstOrDefault(words => words.Length > 0) ?? "",
        Fact.KindOneofCase.Problem => ProblemLines.TitleOf(fact),
        _ => "",
    };

    /// <summary>An end of today is one of now; one that is still to come is none.</summary>
    private Timestamp? EndBy(DateTimeOffset? end) => end is { } time && time <= lines.At + ahead
        ? (time < lines.At ? time : lines.At).ToTimestamp() : null;

    /// <summary>It has begun, and has not been over for three days.</summary>
    /// <param name="begin">When it began.</param>
    /// <param name="end">When it ends, which may be to come.</param>
    /// <param name="mayGoOn">It goes on where no end is said.</param>
    private bool IsRecent(DateTimeOffset? begin, DateTimeOffset? end, bool mayGoOn)
    {
        end = end > lines.At + furthestEnd ? null : end;
        return (begin ?? end) is { } from && from <= lines.At + ahead
            && ((end ?? begin) >= lines.At - recent || (mayGoOn && end is null && from >= lines.At - longestOpen));
    }
}
