using Dmp.Care.V1;
using Dmp.Cda;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Exams;

/// <summary>When what a document states was so: the specimen was taken, the act was done (rule E1). Never when it was reported.</summary>
public sealed class ClinicalTimes
{
    private readonly CareDocument document;
    private readonly Dictionary<int, CdaTime> collections = [];

    /// <summary>Looks for the taking of specimens.</summary>
    /// <param name="document">A document.</param>
    public ClinicalTimes(CareDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        this.document = document;
        foreach (var entry in document.Facts.GroupBy(fact => fact.Source.Entry))
        {
            // In an entry of laboratory results a procedure is the taking of a specimen (IHE XD-LAB). Of two at different times nobody can
            // say here which result is of which.
            var times = entry.Where(fact => fact.Act is { Element: "procedure" } && fact.Mood is "EVN" && !fact.Negated)
                .Select(fact => Read(fact.Act.Period))
                .OfType<CdaTime>()
                .DistinctBy(time => time.Time)
                .ToList();
            if (times is [var only] && entry.Any(fact => fact.Observation?.Kind == ObservationKind.Laboratory))
            {
                collections[entry.Key] = only;
            }
        }
    }

    /// <summary>When it was so.</summary>
    /// <param name="fact">A fact of the document.</param>
    /// <param name="isUnreadable">A time was written that cannot be read, or lies behind the coming of the document.</param>
    public ClinicalTime Of(Fact fact, out bool isUnreadable)
    {
        ArgumentNullException.ThrowIfNull(fact);
        var own = fact.Observation?.Time ?? fact.Act?.Period ?? fact.Encounter?.Period ?? fact.Device?.Period ?? fact.Problem?.Period
            ?? fact.Medication?.Period ?? fact.Remark?.Time;
        isUnreadable = IsWritten(own) && Read(own) is null;
        if (fact.Observation is not null && collections.TryGetValue(fact.Source.Entry, out var taken))
        {
            return Of(taken, ClinicalTimeOrigin.Specimen);
        }

        if (fact.Medication is { Role: MedicationRole.Dispensed, SupplyTime: { } supplied }
            && document.Read(supplied.Written) is { } handed)
        {
            return Of(handed, ClinicalTimeOrigin.Statement);
        }

        return Read(own) is { } stated ? Of(stated, ClinicalTimeOrigin.Statement)
            : Read(fact.Observation?.PanelTime) is { } panel ? Of(panel, ClinicalTimeOrigin.Panel)
            : OfDocument();
    }

    /// <summary>When the act was that the document is about; its writing where the act lies behind the coming of the document.</summary>
    public ClinicalTime OfDocument() => new()
    {
        Time = document.Source().StatedTime,
        Precision = TimePrecision.Time,
        Origin = ClinicalTimeOrigin.Document,
    };

    /// <summary>The end of a stretch, where it has one that can be read.</summary>
    /// <param name="stretch">The stretch.</param>
    public ClinicalTime? EndOf(Stretch? stretch) =>
        stretch is { High: { } high } && document.Read(high.Written) is { } time ? Of(time, ClinicalTimeOrigin.Statement) : null;

    private static bool IsWritten(Stretch? stretch) =>
        stretch?.Low?.Written is { Length: > 0 } || stretch?.High?.Written is { Length: > 0 };

    private static ClinicalTime Of(CdaTime time, ClinicalTimeOrigin origin) => new()
    {
        Time = time.Time.ToTimestamp(),
        Precision = CareDocument.PrecisionOf(time),
        Origin = origin,
    };

    /// <summary>The beginning, or else the end: specimens are often dated by that alone.</summary>
    private CdaTime? Read(Stretch? stretch) =>
        (stretch?.Low is { } low ? document.Read(low.Written) : null) ?? (stretch?.High is { } high ? document.Read(high.Written) : null);
}
