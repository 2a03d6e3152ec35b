using Dmp.Facts.V1;

namespace Dmp.Care.Medications;

/// <summary>How a statement says that a medicine is taken.</summary>
/// <param name="Text">In words. May be empty.</param>
/// <param name="Dosages">As stated, without what an answer has no room for.</param>
/// <param name="Phases">The stretch of each of <paramref name="Dosages"/>; empty when there are no phases.</param>
/// <param name="Daily">How much a day, in each unit that can be counted; empty when that is not said or not always the same.</param>
/// <param name="TakenPerDay">How often a day; null when that is not said.</param>
/// <param name="IsWeekly">Taken once a week or less often: never told by the day (M39).</param>
/// <param name="IsAsNeeded">Taken as needed.</param>
/// <param name="IsVariable">Not always the same: by the INR, a range, phases (M23).</param>
internal sealed record Dose(
    string Text,
    IReadOnlyList<Dosage> Dosages,
    IReadOnlyList<StatedPeriod> Phases,
    IReadOnlyList<Amount> Daily,
    decimal? TakenPerDay,
    bool IsWeekly,
    bool IsAsNeeded,
    bool IsVariable)
{
    /// <summary>It says how much or how often.</summary>
    public bool SaysSomething => Text.Length > 0
        || Dosages.Any(dosage => dosage.Dose is not null || dosage.Rate is not null || dosage.Every is not null);

    /// <summary>The place of the phase that holds at a moment; -1 when there are none, or none holds (M38).</summary>
    public int PhaseAt(DateTimeOffset at)
    {
        for (var place = Phases.Count - 1; place >= 0; place--)
        {
            if (Phases[place].Begin <= at && !(Phases[place].End?.Over <= at))
            {
                return place;
            }
        }

        return -1;
    }
}
