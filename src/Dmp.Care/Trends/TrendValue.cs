using Dmp.Care.Exams;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Trends;

/// <summary>An observation at its time, oldest first; then in an order that does not depend on how it came.</summary>
/// <param name="Fact">What is stated.</param>
/// <param name="Time">When it was so.</param>
/// <param name="Source">Where it is stated.</param>
/// <param name="IsAsked">By the very code that was asked.</param>
/// <param name="Specimen">What was examined, as it is compared.</param>
internal sealed record TrendValue(Fact Fact, ClinicalTime Time, Source Source, bool IsAsked, string Specimen) : IComparable<TrendValue>
{
    private const int IdsMax = 10;

    public Observation Observation => Fact.Observation;

    public StatedNumber? Number { get; } = StatedNumber.Of(Fact.Observation);

    public int CompareTo(TrendValue? other) => other is null ? 1
        : (Time.Time, Source.StatedTime, Source.DocumentId, Source.Entry, Source.Place).CompareTo(
            (other.Time.Time, other.Source.StatedTime, other.Source.DocumentId, other.Source.Entry, other.Source.Place));

    /// <summary>
    /// By what a copy in another document is known: what it says, with an identifier or with an hour. Not by an identifier alone, as
    /// programs use one for everything, and what is corrected keeps it (M41 likewise).
    /// </summary>
    public IEnumerable<string> Keys()
    {
        var number = $"{Number?.Bound} {Number?.Stated.Value} {Number?.Stated.Unit}";
        var content = $"{Time.Time} {Time.Precision} {Statements.KeyOf(Observation.Code)} {number}";
        foreach (var id in Fact.Source.Ids.Take(IdsMax))
        {
            yield return $"{id} {content}";
        }

        if (Time is { Precision: TimePrecision.Time, Origin: not ClinicalTimeOrigin.Document })
        {
            yield return $" {content}";
        }
    }
}
