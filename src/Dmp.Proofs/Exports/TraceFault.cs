namespace Dmp.Proofs;

/// <summary>What is wrong with a trace.</summary>
public enum TraceFaultKind
{
    /// <summary>The export cannot be read, or ends before its end.</summary>
    Incomplete,

    /// <summary>The checkpoint is not signed by a trusted key, or is not what its note says.</summary>
    CheckpointForged,

    /// <summary>The log does not continue the checkpoint that was kept.</summary>
    LogRewritten,

    /// <summary>What is shown of the event is not what was committed to.</summary>
    EventChanged,

    /// <summary>The event is not in the log.</summary>
    EventNotInLog,

    /// <summary>The event was not signed by a trusted key when it was written.</summary>
    EventForged,

    /// <summary>
    /// An event or a leaf of the log is gone, and no retirement of its month explains it. Only in exports of the whole log.
    /// </summary>
    EventMissing,

    /// <summary>A checkpoint between others is gone, or not in its place. Only in exports of the whole log.</summary>
    CheckpointMissing,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="EventId">The event; empty when it is about the whole.</param>
/// <param name="Message">In words.</param>
public sealed record TraceFault(TraceFaultKind Kind, string EventId, string Message);

/// <summary>What came of the check of an export.</summary>
public sealed record TraceVerification
{
    /// <summary>The record that the export is of.</summary>
    public required string RecordId { get; init; }

    /// <summary>
    /// The state of the log that the export is proven against: keep its note for the next time. Null when it is not good.
    /// </summary>
    public required Checkpoint? Checkpoint { get; init; }

    /// <summary>How many events the export holds.</summary>
    public required long EventCount { get; init; }

    /// <summary>Everything that is wrong, at most <see cref="TraceVerifier.FaultsMax"/>.</summary>
    public required IReadOnlyList<TraceFault> Faults { get; init; }

    /// <summary>True when nothing is wrong.</summary>
    public bool IsValid => Faults.Count == 0;
}

/// <summary>What came of the check of an export of the whole log.</summary>
public sealed record LogVerification
{
    /// <summary>The state that the export ends with: keep its note for the next time. Null when it is not good.</summary>
    public required Checkpoint? Checkpoint { get; init; }

    /// <summary>The first leaf of the export: what is before was not checked, but by the roots over it.</summary>
    public required long FromSize { get; init; }

    /// <summary>How many leaves the export holds.</summary>
    public required long LeafCount { get; init; }

    /// <summary>How many of them have their event.</summary>
    public required long EventCount { get; init; }

    /// <summary>How many events are of months that were retired by right.</summary>
    public required long RetiredCount { get; init; }

    /// <summary>How many checkpoints were on the way.</summary>
    public required long CheckpointCount { get; init; }

    /// <summary>Whether the export tells how many documents each event must have. Otherwise one could be left out.</summary>
    public required bool CountsDocuments { get; init; }

    /// <summary>Everything that is wrong, at most <see cref="TraceVerifier.FaultsMax"/>.</summary>
    public required IReadOnlyList<TraceFault> Faults { get; init; }

    /// <summary>True when nothing is wrong.</summary>
    public bool IsValid => Faults.Count == 0;
}
