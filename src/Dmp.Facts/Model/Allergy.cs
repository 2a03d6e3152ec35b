namespace Dmp.Facts.Model;

/// <summary>A statement on an allergy, an intolerance or another hypersensitivity.</summary>
public sealed record Allergy : Fact
{
    /// <summary>Which kind, such as an allergy to medicines or to food.</summary>
    public Coded? Type { get; init; }

    /// <summary>To what; null when the document names nothing.</summary>
    public AllergyAgent? Agent { get; init; }

    /// <summary>Since when, and until when.</summary>
    public Stretch? Period { get; init; }

    /// <summary>What the statement itself is coded as, where it is not the agent: the effect, mostly.</summary>
    public Coded? Value { get; init; }

    /// <summary>What it did, one by one.</summary>
    public IReadOnlyList<AllergyReaction> Reactions { get; init; } = [];

    /// <summary>Active, inactive, resolved.</summary>
    public Coded? Status { get; init; }

    /// <summary>How dangerous another contact may be.</summary>
    public Coded? Criticality { get; init; }

    /// <summary>How sure it is.</summary>
    public Coded? Certainty { get; init; }

    /// <summary>The state of the list's entry around it, which is not that of the allergy.</summary>
    public string? ConcernState { get; init; }
}

/// <summary>What somebody is allergic to. Codes and words may disagree: both are kept.</summary>
/// <param name="Code">A code of a substance, a class or a product.</param>
/// <param name="Name">Its name.</param>
public sealed record AllergyAgent(Coded Code, string? Name);

/// <summary>A reaction.</summary>
/// <param name="Manifestation">What happened.</param>
/// <param name="IsNegated">It is stated that it did <em>not</em>.</param>
/// <param name="Severity">How bad it was.</param>
/// <param name="Period">When.</param>
public sealed record AllergyReaction(Coded Manifestation, bool IsNegated, Coded? Severity, Stretch? Period);
