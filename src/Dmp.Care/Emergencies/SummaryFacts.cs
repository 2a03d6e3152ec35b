using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>What the documents state of the patient, in one order whatever the order in which they came.</summary>
internal sealed class SummaryFacts
{
    public SummaryFacts(IReadOnlyList<CareDocument> documents)
    {
        Documents =
        [
            .. documents
                .OrderByDescending(document => document.Metadata.ServiceStartTime?.ToDateTimeOffset() ?? document.CameAt)
                .ThenBy(document => document.Metadata.UniqueId, StringComparer.Ordinal)
                .ThenBy(document => document.DocumentId, StringComparer.Ordinal)
                .ThenBy(document => document.Version),
        ];
        OfPatient =
        [
            .. Documents.SelectMany(document => document.Facts
                .Where(fact => fact.Subject is null)
                .Select(fact => new Stated(document, fact, document.SourceOf(fact)))),
        ];
    }

    /// <summary>The newest act first.</summary>
    public IReadOnlyList<CareDocument> Documents { get; }

    /// <summary>Statements on the patient, and on nobody else.</summary>
    public IReadOnlyList<Stated> OfPatient { get; }

    /// <summary>Statements of a kind that are so: not intended, not taken back. Denied ones are among them.</summary>
    public IEnumerable<Stated> Of(Fact.KindOneofCase kind) => OfPatient.Where(stated => stated.Fact.KindCase == kind && IsSo(stated.Fact));

    /// <summary>It is so, as far as mood and state say; some documents leave the mood out.</summary>
    public static bool IsSo(Fact fact) =>
        fact.Mood is "EVN" or "" && fact.State is not ("nullified" or "aborted" or "cancelled" or "obsolete");

    /// <summary>Says that there is none, by a code or by words.</summary>
    public static bool SaysNone(Fact fact) => fact.Absence is FactAbsence.NoneKnown or FactAbsence.NoneByWords;
}
