using Dmp.Cda;

namespace Dmp.Facts.Reading;

/// <summary>Which fact a statement becomes.</summary>
internal enum StatementKind
{
    Medication,
    Allergy,
    Problem,
    Observation,
    Act,
    Encounter,
    Device,
    Remark,
}

/// <summary>An element of an entry that is a fact of its own.</summary>
/// <param name="Node">The element.</param>
/// <param name="Kind">Which fact it becomes.</param>
/// <param name="Place">Its number in the entry, in the order of the document.</param>
/// <param name="Within">The nearest statement that it stands in; null when it stands by itself.</param>
/// <param name="Around">What holds for it by what it stands in, and by itself.</param>
internal sealed record Statement(CdaNode Node, StatementKind Kind, int Place, Statement? Within, Surroundings Around)
{
    /// <summary>It, or something that it stands in, is of a kind.</summary>
    public bool IsIn(StatementKind kind) => Kind == kind || Within?.IsIn(kind) == true;
}

/// <summary>
/// What holds for a statement by the elements around it. Taken down with the walk: each element is looked at once, however many
/// statements stand in it.
/// </summary>
internal sealed record Surroundings
{
    /// <summary>The nearest one: whom it is about, when it is not the patient.</summary>
    public CdaNode? Subject { get; init; }

    /// <summary>The nearest one: who states it.</summary>
    public CdaNode? Author { get; init; }

    /// <summary>The code of the nearest specimen.</summary>
    public CdaNode? Specimen { get; init; }

    /// <summary>The codes of the chapter and the batteries up to the next fact, the outermost first.</summary>
    public IReadOnlyList<CdaNode> Panels { get; init; } = [];

    /// <summary>The time of the nearest of these.</summary>
    public CdaNode? PanelTime { get; init; }

    /// <summary>The state of the list's entry around it.</summary>
    public string? ConcernState { get; init; }

    /// <summary>What holds it, or what ties it to the fact that it stands in, says "no".</summary>
    public bool IsNegated { get; init; }

    /// <summary>The mood of what holds it, where that is not so yet; null when it is.</summary>
    public string? Mood { get; init; }

    /// <summary>The entry is a chapter of a laboratory.</summary>
    public bool IsChapter { get; init; }
}
