using Dmp.Care.V1;

namespace Dmp.Care.Medications;

/// <summary>A line with what orders it and stands beside it.</summary>
internal sealed record Treatment(TreatmentLine Line, TreatmentGroup Group, string SortKey)
{
    /// <summary>Keys of its substances.</summary>
    public required IReadOnlyList<(string Key, string Name)> Substances { get; init; }

    /// <summary>Two prescribers prescribe it for the same time (M7).</summary>
    public bool IsPrescribedTwice { get; init; }
}

/// <summary>The groups of an answer, in their order.</summary>
internal enum TreatmentGroup
{
    Dangerous,
    Running,
    EndUnknown,
    Planned,
    RecentlyEnded,
    Other,
}
