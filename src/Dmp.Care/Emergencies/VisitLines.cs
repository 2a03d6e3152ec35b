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
        var written = facts.Documents.Concat(unread)
            .Select(document => (Document: document, Kind: KindOf(document)))
            .Where(one => one.Kind != VisitKind.Unspecified)
            .Select(one => OfDocument(facts, one.Document, one.Kind))
            .ToList();
        var told = facts.Of(Fact.KindOneofCase.Encounter)
            .Where(stated => !stated.Fact.Negated && stated.Fact.Encounter.Code is { } code && encounters.ContainsKey(code.Code)
                && (StatedTimes.Begin(stated.Fact.Encounter.Period) is not { } begin || begin <= lines.At)
                && KindOf(stated.Document) == VisitKind.Unspecified)
            .GroupBy(stated => (stated.Fact.Encounter.Code.Code, stated.Fact.Encounter.Period?.Low?.Written ?? "", PlaceOf(stated)))
            .Select(group => OfEncounter([.. group]));
        var made = written.Concat(told)
            .Where(line => line.StartTime is null || line.StartTime.ToDateTimeOffset() <= lines.At)
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

    private VisitLine OfDocument(SummaryFacts facts, CareDocument document, VisitKind kind)
    {
        var source = document.Source();
        VisitLine line = new()
        {
            Kind = kind,
            StartTime = document.Metadata.ServiceStartTime,
            EndTime = document.Metadata.ServiceStopTime,
            Document = source,
        };
        line.Recent = IsRecent(line);
        var reasons = facts.OfPatient
            .Where(stated => ReferenceEquals(stated.Document, document) && SummaryFacts.IsSo(stated.Fact)
                && stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified })
            .Select(stated => ReasonOf(stated.Fact))
            .Where(reason => reason.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Take(2);
        line.Line = lines.Line(
            lines.Words.Visit(kind),
            DetailsOf(line, ShownText.Of(document.Metadata.Title, 160), reasons, source.StructureName),
            [source]);
        return line;
    }

    private VisitLine OfEncounter(IReadOnlyList<Stated> group)
    {
        var newest = Newest.Of(group);
        var encounter = newest.Fact.Encounter;
        VisitLine line = new()
        {
            Kind = encounters[encounter.Code.Code],
            StartTime = StatedTimes.Begin(encounter.Period)?.ToTimestamp(),
            EndTime = StatedTimes.End(encounter.Period) is { } end && end <= lines.At ? end.ToTimestamp() : null,
            Document = newest.Source,
        };
        line.Recent = IsRecent(line);
        var period = string.Join(" – ", new[] { lines.Written(encounter.Period?.Low), EndOf(encounter) }.Where(part => part.Length > 0));
        line.Line = lines.Line(
            lines.Words.Visit(line.Kind),
            [line.Recent ? lines.Words.Recent : "", period, PlaceOf(newest), ShownText.Of(newest.Fact.Text, 160)],
            group.Select(stated => stated.Source));
        return line;
    }

    private string EndOf(Encounter encounter) => encounter.Period is { Single: false } ? lines.Written(encounter.Period.High) : "";

    private IEnumerable<string> DetailsOf(VisitLine line, string title, IEnumerable<string> reasons, string structure)
    {
        yield return line.Recent ? lines.Words.Recent : "";
        var begin = line.StartTime is { } from ? lines.Ages.DateAndHour(from.ToDateTimeOffset()) : "";
        var end = line.EndTime is { } to ? lines.Ages.DateAndHour(to.ToDateTimeOffset()) : "";
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

    private bool IsRecent(VisitLine line) => (line.EndTime ?? line.StartTime)?.ToDateTimeOffset() is { } time
        && time <= lines.At && time >= lines.At - recent;
}
