namespace Dmp.Facts.Model;

/// <summary>What an observation is about, as its profile says.</summary>
public enum ObservationKind
{
    /// <summary>Anything else: a score, an answer of a form, a finding of an examination.</summary>
    Other = 0,

    /// <summary>A result of a laboratory, a battery's components and microbiology among them.</summary>
    Laboratory = 1,

    /// <summary>A vital sign or another measure of the body.</summary>
    VitalSign = 2,

    /// <summary>A pregnancy, past or present.</summary>
    Pregnancy = 3,

    /// <summary>A blood group. It was told by somebody, and replaces no test before a transfusion.</summary>
    BloodGroup = 4,

    /// <summary>A habit, or how the patient lives.</summary>
    SocialHistory = 5,

    /// <summary>What relatives have: <see cref="Fact.Subject"/> says which relative.</summary>
    FamilyHistory = 6,

    /// <summary>What the patient can do alone.</summary>
    FunctionalStatus = 7,

    /// <summary>A wish for the case that one cannot speak, and where it is kept (<em>directives anticipées</em>).</summary>
    AdvanceDirective = 8,
}

/// <summary>Something that was observed, measured or answered: a question and what was found.</summary>
public sealed record Observation : Fact
{
    /// <summary>What it is about, as its profile says.</summary>
    public required ObservationKind Kind { get; init; }

    /// <summary>The question: mostly LOINC.</summary>
    public Coded? Code { get; init; }

    /// <summary>What was found: none, or one, or several.</summary>
    public IReadOnlyList<ObservedValue> Values { get; init; } = [];

    /// <summary>When it was so, as the document has it with the observation itself.</summary>
    public Stretch? Time { get; init; }

    /// <summary>The time of the battery or list that it stands in, where that has one: some documents have it only there.</summary>
    public Stretch? PanelTime { get; init; }

    /// <summary>Whether it still is so.</summary>
    public Coded? Status { get; init; }

    /// <summary>How bad it is.</summary>
    public Coded? Severity { get; init; }

    /// <summary>How sure it is.</summary>
    public Coded? Certainty { get; init; }

    /// <summary>How the document judges it (<c>N</c> normal, <c>H</c> high, <c>LL</c>, <c>R</c> resistant, …).</summary>
    public IReadOnlyList<Coded> Interpretations { get; init; } = [];

    /// <summary>Ranges that it is compared with.</summary>
    public IReadOnlyList<ReferenceRange> Ranges { get; init; } = [];

    /// <summary>By which method.</summary>
    public IReadOnlyList<Coded> Methods { get; init; } = [];

    /// <summary>Where in the body.</summary>
    public IReadOnlyList<Coded> Sites { get; init; } = [];

    /// <summary>What was examined, such as urine.</summary>
    public Coded? Specimen { get; init; }

    /// <summary>The chapter and the batteries that it stands in, the outermost first: "Hématologie", "Hémogramme".</summary>
    public IReadOnlyList<Coded> Panels { get; init; } = [];
}

/// <summary>What was found, by the type that the document gives it. One of the first five is there, or the reason why none is.</summary>
/// <param name="Code">A code.</param>
/// <param name="Quantity">A number with its unit, or a range ("below 5", "10 to 20").</param>
/// <param name="Time">A time or a stretch of time.</param>
/// <param name="Truth">Yes or no.</param>
/// <param name="Text">Words.</param>
/// <param name="NullFlavor">Why there is nothing.</param>
public sealed record ObservedValue(
    Coded? Code, QuantityRange? Quantity, Stretch? Time, bool? Truth, string? Text, string? NullFlavor)
{
    /// <summary>What the <c>Quantity</c> is to be divided by, such as 1 in 128; null when it is no ratio.</summary>
    public QuantityRange? Per { get; init; }
}

/// <summary>A range that a result is compared with.</summary>
/// <param name="Value">The range, or a code or words; null when only words stand beside it.</param>
/// <param name="Interpretation">What it means to be within.</param>
/// <param name="Text">The words of the range.</param>
public sealed record ReferenceRange(ObservedValue? Value, Coded? Interpretation, string? Text);
