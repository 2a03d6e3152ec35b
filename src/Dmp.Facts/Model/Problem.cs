namespace Dmp.Facts.Model;

/// <summary>A disease, a symptom, a finding or a history of one (<em>pathologie, antécédent</em>; IHE PCC Problem Entry).</summary>
public sealed record Problem : Fact
{
    /// <summary>Which kind, such as a diagnosis or a symptom.</summary>
    public Coded? Type { get; init; }

    /// <summary>What: CIM-10, SNOMED CT, ORPHA or words; null when nothing is said.</summary>
    public Coded? Value { get; init; }

    /// <summary>Since when, and until when.</summary>
    public Stretch? Period { get; init; }

    /// <summary>Active, inactive, resolved.</summary>
    public Coded? Status { get; init; }

    /// <summary>The state of the list's entry around it (<c>active</c>, <c>completed</c>, …), which is not that of the disease.</summary>
    public string? ConcernState { get; init; }

    /// <summary>How bad it is.</summary>
    public Coded? Severity { get; init; }

    /// <summary>How sure it is.</summary>
    public Coded? Certainty { get; init; }

    /// <summary>Where in the body.</summary>
    public IReadOnlyList<Coded> Sites { get; init; } = [];
}
