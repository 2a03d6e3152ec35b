using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Exams;

/// <summary>
/// Times of the specimen and of the battery of a result that are written and cannot be read, where another clock was taken for them: that
/// is told as it is of the result itself (rule E1).
/// </summary>
internal sealed class PassedOverTimes
{
    private readonly ClinicalTimes times;
    private readonly HashSet<int> specimens;

    public PassedOverTimes(CareDocument document, ClinicalTimes times)
    {
        this.times = times;
        specimens =
        [
            .. document.Facts
                .Where(fact => fact.Act is { Element: "procedure" } && fact.Mood is "EVN" && !fact.Negated && IsUnreadable(fact))
                .Select(fact => fact.Source.Entry),
        ];
    }

    /// <summary>Whether there is one that comes before the clock that was taken.</summary>
    public bool Any(Fact fact, ClinicalTimeOrigin taken) => fact.Observation is { } observation
        && ((taken != ClinicalTimeOrigin.Specimen
                && observation.Kind == ObservationKind.Laboratory
                && specimens.Contains(fact.Source.Entry))
            || (taken == ClinicalTimeOrigin.Document
                && IsUnreadable(new Fact { Source = new FactSource(), Act = new ClinicalAct { Period = observation.PanelTime } })));

    private bool IsUnreadable(Fact act)
    {
        _ = times.Of(act, out var isUnreadable);
        return isUnreadable;
    }
}
