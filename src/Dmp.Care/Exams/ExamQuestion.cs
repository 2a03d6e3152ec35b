using Dmp.Care.V1;
using Dmp.Type.V1;

namespace Dmp.Care.Exams;

/// <summary>What somebody is about to order.</summary>
/// <param name="At">The moment of the question.</param>
/// <param name="Code">The code that is to be ordered.</param>
public sealed record ExamQuestion(DateTimeOffset At, Coding Code)
{
    /// <summary>The members of the panel, from a list that is loaded; empty when none was named.</summary>
    public IReadOnlyList<Coding> Members { get; init; } = [];

    /// <summary>How long a result stands, as the caller says; null asks the table.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>The specimen; null when all count.</summary>
    public Coding? Specimen { get; init; }

    /// <summary>The side; unspecified when all count, or the code says it.</summary>
    public BodySide Side { get; init; }

    /// <summary>Words by which a document without entries is found.</summary>
    public IReadOnlyList<string> TitleWords { get; init; } = [];

    /// <summary>How far behind the moment something may lie, as clocks run ahead; not at all where the moment was given.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>Whether other modalities of the region are asked for too.</summary>
    public bool WithRelated { get; init; }

    /// <summary>Documents that state nothing in entries.</summary>
    public IReadOnlySet<string> NotStructured { get; init; } = new HashSet<string>();
}
