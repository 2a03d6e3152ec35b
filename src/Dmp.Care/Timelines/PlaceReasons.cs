using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Timelines;

/// <summary>Why documents have their places when the essential comes first (L8 to L13). Days and types are ours.</summary>
internal sealed class PlaceReasons
{
    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string AsipTypes = "1.2.250.1.213.1.1.4.12";

    private static readonly TimeSpan visitAge = TimeSpan.FromDays(30);
    private static readonly TimeSpan letterAge = TimeSpan.FromDays(366);
    private static readonly TimeSpan abnormalAge = TimeSpan.FromDays(90);
    private static readonly TimeSpan resultAge = TimeSpan.FromDays(30);
    private static readonly TimeSpan prescriptionAge = TimeSpan.FromDays(30);

    private static readonly HashSet<(string System, string Code)> summaries = [(Loinc, "60591-5"), (AsipTypes, "SYNTH")];

    /// <summary>Laboratory, pathology, imaging.</summary>
    private static readonly HashSet<(string System, string Code)> results =
        [(Loinc, "11502-2"), (Loinc, "60568-3"), (Loinc, "18748-4")];

    /// <summary>Products, others, renewals by a pharmacist.</summary>
    private static readonly HashSet<(string System, string Code)> prescriptions =
        [(Loinc, "57833-6"), (Loinc, "57828-6"), (Loinc, "75468-9")];

    /// <summary>HL7 ObservationInterpretation: outside of a range, or abnormal.</summary>
    private static readonly HashSet<string> outside =
        new(StringComparer.Ordinal) { "H", "HH", "HU", "L", "LL", "LU", "A", "AA", "<", ">" };

    private readonly DateTimeOffset at;
    private readonly DatedDocument? letter;
    private readonly DatedDocument? summary;

    /// <summary>Looks for the newest letter and the newest summary.</summary>
    /// <param name="newestFirst">All documents, the newest act first.</param>
    /// <param name="at">Ages are counted from it.</param>
    public PlaceReasons(IReadOnlyList<DatedDocument> newestFirst, DateTimeOffset at)
    {
        this.at = at;
        letter = newestFirst.FirstOrDefault(one => IsPast(one) && EncounterCodes.IsOfDischarge(one.Document));
        summary = newestFirst.FirstOrDefault(one => IsPast(one) && !one.Document.ByPatient && Is(one, summaries));
    }

    /// <summary>Results that the document judges to be out of range.</summary>
    public static int AbnormalOf(DatedDocument dated) => dated.Document.Facts.Count(fact => fact is
    {
        KindCase: Fact.KindOneofCase.Observation, Negated: false, Subject: null, Absence: FactAbsence.Unspecified,
        Mood: "" or "EVN", State: not ("nullified" or "cancelled" or "aborted"),
    }
        && fact.Observation.Kind == ObservationKind.Laboratory
        && fact.Observation.Interpretations.Any(one => outside.Contains(one.Code)));

    /// <summary>A stay that ended then is a recent one.</summary>
    public bool IsRecentVisit(DateTimeOffset end) => end <= at && end >= at - visitAge;

    /// <summary>Of one document by itself.</summary>
    public TimelineReason Of(DatedDocument dated)
    {
        var document = dated.Document;
        if (!IsPast(dated))
        {
            return TimelineReason.ByDate;
        }

        if (EncounterCodes.IsOfVisit(document) && IsRecentVisit(dated.End))
        {
            return TimelineReason.RecentVisit;
        }

        if (EncounterCodes.IsOfDischarge(document) && (ReferenceEquals(dated, letter) || dated.End >= at - letterAge))
        {
            return TimelineReason.DischargeLetter;
        }

        return ReferenceEquals(dated, summary) ? TimelineReason.Summary
            : dated.Time >= at - abnormalAge && AbnormalOf(dated) > 0 ? TimelineReason.AbnormalResult
            : dated.Time >= at - resultAge && Is(dated, results) ? TimelineReason.RecentResult
            : OfPrescription(dated);
    }

    private TimelineReason OfPrescription(DatedDocument dated)
    {
        var ends = dated.Document.Facts
            .Where(fact => fact is { Negated: false, Absence: FactAbsence.Unspecified, Medication.Role: MedicationRole.Prescribed }
                && fact.State is not ("nullified" or "cancelled" or "aborted"))
            .SelectMany(fact => fact.Medication.Dosages.Select(dosage => dosage.Period).Prepend(fact.Medication.Period))
            .Select(StatedTimes.End)
            .OfType<DateTimeOffset>()
            .ToList();
        return ends.Exists(end => end > at) ? TimelineReason.RunningPrescription
            : ends.Count == 0 && Is(dated, prescriptions) && dated.Time >= at - prescriptionAge ? TimelineReason.RecentPrescription
            : TimelineReason.ByDate;
    }

    private bool IsPast(DatedDocument dated) => dated.Time <= at;

    private static bool Is(DatedDocument dated, HashSet<(string System, string Code)> types) =>
        dated.Document.Metadata.Type is { } type && types.Contains((type.System, type.Code));
}
