using Dmp.Care.V1;

namespace Dmp.Care.Medications;

/// <summary>A reason why a treatment runs, with the statements that give it.</summary>
internal sealed record Reason(RunningReason Message, End? End, IReadOnlyList<Statement> Statements);

/// <summary>Where a treatment stands at a moment.</summary>
internal sealed record Course(TreatmentStatus Status, IReadOnlyList<Reason> Reasons, End? End, DateTimeOffset? Begin)
{
    /// <summary>The newest stop before the moment; null when there is none.</summary>
    public Statement? Stop { get; init; }

    /// <summary>Statements that the stop does not take away.</summary>
    public required IReadOnlyList<Statement> Alive { get; init; }

    /// <summary>The end of a dispensation could not be computed.</summary>
    public bool IsEndNotComputed { get; init; }

    /// <summary>It runs, or may.</summary>
    public bool MayRun => Status is TreatmentStatus.Running or TreatmentStatus.EndUnknown;
}
