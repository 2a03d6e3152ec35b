using System.Globalization;
using Dmp.Audit.V1;

namespace Dmp.Proofs;

/// <summary>
/// One export of the whole log under check, a line at a time. As the check of a database does, it builds the tree twice: from the leaves as
/// they are, and from what signed events say they must be, so that a change on one side does not hide what is right on the other.
/// </summary>
internal sealed partial class LogExportCheck(IReadOnlyList<NoteVerifier> keys, Checkpoint? earlier, Action<AuditEvent>? onEvent)
{
    private const int RangeEventsMax = 20;

    private readonly List<TraceFault> faults = [];
    private readonly Retirement retirement = new();
    private readonly List<string> range = [];
    private TreeBuilder stored = new();
    private TreeBuilder credible = new();
    private CheckpointOrder order = new(0);
    private LogExportHeader? header;
    private Checkpoint? checkpoint;
    private Checkpoint? last;
    private string? origin;
    private long size;
    private long signedFrom;
    private long goodSize;
    private long leaves;
    private long events;
    private long checkpoints;
    private long uncheckable;
    private bool isBroken;
    private bool ended;

    public void Accept(LogExportLine line)
    {
        if (ended)
        {
            Add(TraceFaultKind.Incomplete, "", "Something follows the end of the export.");
        }

        switch (line.PartCase)
        {
            case LogExportLine.PartOneofCase.Log when header is null && leaves + checkpoints == 0:
                header = line.Log;
                CheckHeader(line.Log);
                break;
            case LogExportLine.PartOneofCase.Log:
                Add(TraceFaultKind.Incomplete, "", "The export has more than one header, or not as its first line.");
                break;
            case LogExportLine.PartOneofCase.Leaf:
                leaves++;
                CheckLeaf(line.Leaf);
                break;
            case LogExportLine.PartOneofCase.Checkpoint:
                checkpoints++;
                CheckCheckpoint(line.Checkpoint);
                break;
            case LogExportLine.PartOneofCase.End:
                ended = true;
                if (line.End.LeafCount != leaves || line.End.CheckpointCount != checkpoints)
                {
                    Add(TraceFaultKind.Incomplete, "", string.Create(
                        CultureInfo.InvariantCulture,
                        $"The export says that it holds {line.End.LeafCount} leaves and {line.End.CheckpointCount} checkpoints, "
                        + $"and holds {leaves} and {checkpoints}."));
                }

                break;
            default:
                Add(TraceFaultKind.Incomplete, "", "A line of the export is neither header, leaf, checkpoint nor end.");
                break;
        }
    }

    public void Add(TraceFaultKind kind, string eventId, string message)
    {
        if (faults.Count < TraceVerifier.FaultsMax)
        {
            faults.Add(new TraceFault(kind, eventId, message));
        }
    }

    private void CheckLeaf(LogExportLeaf leaf)
    {
        var id = leaf.Event?.EventId ?? leaf.EventId;
        if (leaf.LeafIndex < size || leaf.LeafHash.Length != TreeHash.Length)
        {
            Add(TraceFaultKind.Incomplete, id, Text(
                $"The leaf {leaf.LeafIndex} is there twice, is not in its place, or has no hash; {size} was next."));
            return;
        }

        if (leaf.LeafIndex > size)
        {
            Add(TraceFaultKind.EventMissing, "", Text($"The leaves {size} to {leaf.LeafIndex - 1} are gone."));
            isBroken = true;
        }

        size = leaf.LeafIndex + 1;
        if (range.Count <= RangeEventsMax)
        {
            range.Add(Text($"{(id.Length > 0 ? id : leaf.Month)} (leaf {leaf.LeafIndex})"));
        }

        var hash = leaf.LeafHash.ToByteArray();
        stored.Append(hash);
        credible.Append(leaf.Event is null ? CheckAbsent(leaf, hash) : CheckEvent(leaf, hash));
        CompareKept();
    }

    /// <summary>Returns the hash that the leaf must have.</summary>
    private byte[] CheckEvent(LogExportLeaf leaf, byte[] hash)
    {
        events++;
        var proven = leaf.Event;
        var parts = EventParts.Read(proven);
        var fault = parts.Fault ?? CompletenessFault(parts);
        if (fault is not null)
        {
            Add(TraceFaultKind.EventChanged, proven.EventId, Text($"{fault} (leaf {leaf.LeafIndex})"));
        }

        var own = TreeHash.Leaf(proven.Root.Span);
        var isOwn = own.AsSpan().SequenceEqual(hash);
        if (!isOwn)
        {
            Add(TraceFaultKind.EventNotInLog, proven.EventId, Text($"The hash of leaf {leaf.LeafIndex} is not that of its event."));
        }

        var forged = EventParts.SignatureFault(proven, keys);
        if (forged is not null && !(proven.Signature.IsEmpty && leaf.LeafIndex < signedFrom))
        {
            Add(TraceFaultKind.EventForged, proven.EventId, Text($"{forged} (leaf {leaf.LeafIndex})"));
        }
        else if (fault is null && isOwn)
        {
            // What nobody signed is good by its leaf alone, and says nothing of retirements.
            if (forged is null)
            {
                retirement.See(parts.Event!);
            }

            onEvent?.Invoke(parts.Event!);
        }

        return forged is null ? own : hash;
    }

    private string? CompletenessFault(EventParts parts) =>
        !parts.HasReview ? "The event lacks its part 1."
        : header is { WithInternals: true } && parts.Internals is null ? "The event lacks its part 2."
        : parts.Internals is { } internals && internals.DocumentCount != parts.Event!.Documents.Count
            ? Text($"The event names {internals.DocumentCount} documents, and the export shows {parts.Event.Documents.Count}.")
        : null;

    private byte[] CheckAbsent(LogExportLeaf leaf, byte[] hash)
    {
        if (leaf.EventId.Length > 0)
        {
            Add(TraceFaultKind.EventMissing, leaf.EventId, Text(
                $"The event of leaf {leaf.LeafIndex} was deleted; its month was not retired."));
        }
        else if (!DateOnly.TryParseExact(leaf.Month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
            || month.Year == 9999)
        {
            Add(TraceFaultKind.EventMissing, "", Text(
                $"The event of leaf {leaf.LeafIndex} is gone, and the export does not say of which month it was."));
        }
        else if (!retirement.TryAddAbsent(month))
        {
            Add(TraceFaultKind.EventMissing, "", Text(
                $"The event of leaf {leaf.LeafIndex} is gone: it is said to be of {leaf.Month}, and stands behind events that are newer."));
        }

        return hash;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
