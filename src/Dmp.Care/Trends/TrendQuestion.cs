using Dmp.Care.Exams;
using Dmp.Care.Units;
using Dmp.Type.V1;

namespace Dmp.Care.Trends;

/// <summary>Whose course over time is asked for.</summary>
/// <param name="Code">The code of the observation.</param>
/// <param name="Tables">Which other codes are the same, as the operator says.</param>
public sealed record TrendQuestion(Coding Code, ExamTables Tables)
{
    /// <summary>The unit of the answer, as it is told; empty takes the one of the newest value.</summary>
    public string Unit { get; init; } = "";

    /// <summary>The specimen; null when all count.</summary>
    public Coding? Specimen { get; init; }

    /// <summary>Values of this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Values of before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Whether it is drawn too.</summary>
    public bool WithPlot { get; init; }

    /// <summary>Grams of a mole of what is measured; null when that is not known.</summary>
    internal decimal? MolarMass =>
        Code.System == "2.16.840.1.113883.6.1" && MolarMasses.All.TryGetValue(Code.Code, out var mass) ? mass.Grams : null;
}
