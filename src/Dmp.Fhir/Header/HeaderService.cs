using Dmp.Cda;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Header;

/// <summary>When the act took place that a document is about.</summary>
internal sealed class HeaderService(FhirBundle bundle, HeaderValues values)
{
    public (CdaTime? Start, CdaTime? Stop) Read(
        IReadOnlyList<CdaServiceEvent> events, CdaEncounter? encounter, CdaTime? created)
    {
        // A begin that is stated and malformed is never replaced by another time.
        var main = events.Select(act => act.Time).FirstOrDefault(time => time is not null) ?? encounter?.Time;
        if (main is { IsStartMalformed: true })
        {
            return (null, null);
        }

        var first = Spans(main).FirstOrDefault(span => (span.Start ?? span.Stop) is not null);
        var start = first?.Start ?? first?.Stop ?? values.Time(bundle.Composition.Find("date")) ?? created;
        return (start, first?.Stop);
    }

    /// <summary>In the order in which they count: the act or the stay, the reports, what was taken for them.</summary>
    private IEnumerable<CdaInterval> Spans(CdaInterval? main)
    {
        if (main is not null)
        {
            yield return main;
        }

        foreach (var report in bundle.Resources.Where(resource => resource.Type == "DiagnosticReport"))
        {
            if (Span(report, "effective") is { } span)
            {
                yield return span;
            }
        }

        foreach (var specimen in bundle.Resources.Where(resource => resource.Type == "Specimen"))
        {
            if (specimen.Find("collection") is { } collection && Span(collection, "collected") is { } span)
            {
                yield return span;
            }
        }
    }

    private CdaInterval? Span(FhirNode node, string prefix) => node.Choice(prefix) switch
    {
        (var period, "Period") => values.Period(period),
        (var point, "DateTime" or "Instant") => values.Time(point) is { } time ? new CdaInterval(time, null) : null,
        _ => null,
    };
}
