namespace Dmp.Server.Calls;

/// <summary>What a call learns on its way: its event in the trace is written from this. Used by one thread at a time.</summary>
internal sealed class CallTrace
{
    /// <summary>Who the caller turned out to be to the record; null while that is not decided.</summary>
    public Caller? Caller { get; set; }

    /// <summary>The record named by the request. Set as soon as it is read.</summary>
    public Guid? RecordId { get; set; }

    /// <summary>The documents that the answer holds or that the call changes.</summary>
    public IReadOnlyList<TracedDocument> Documents { get; set; } = [];

    /// <summary>The right to the record on which the call stands; null before the decision.</summary>
    public UsedRight? Right { get; set; }

    /// <summary>Why an operator or auditor looks.</summary>
    public string? Justification { get; set; }

    /// <summary>The caller's request id.</summary>
    public string? RequestId { get; set; }

    /// <summary>The event of this call does not exist for representatives and caregivers. True for every secret call.</summary>
    public bool HidesEvent { get; set; }

    /// <summary>True once the trace holds this call.</summary>
    public bool IsTraced { get; set; }

    /// <summary>Where the database was after the change of this call committed; null while nothing was changed.</summary>
    public DatabasePosition? Committed { get; set; }
}
