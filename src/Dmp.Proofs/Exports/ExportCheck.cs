using System.Globalization;
using Dmp.Audit.V1;
using Google.Protobuf;

namespace Dmp.Proofs;

/// <summary>One export under check, a message at a time.</summary>
internal sealed class ExportCheck(IReadOnlyList<NoteVerifier> keys, Checkpoint? earlier, Action<AuditEvent>? onEvent)
{
    private readonly List<TraceFault> faults = [];
    private TraceExportHeader? header;
    private Checkpoint? checkpoint;
    private long signedFrom;
    private long events;
    private string last = "";
    private bool ended;

    public void Accept(ExportRecordEventsResponse message)
    {
        if (ended)
        {
            Add(TraceFaultKind.Incomplete, "", "Something follows the end of the export.");
        }

        switch (message.PartCase)
        {
            case ExportRecordEventsResponse.PartOneofCase.Header when header is null && events == 0:
                header = message.Header;
                CheckHeader(message.Header);
                break;
            case ExportRecordEventsResponse.PartOneofCase.Event:
                events++;
                CheckEvent(message.Event);
                break;
            case ExportRecordEventsResponse.PartOneofCase.End:
                ended = true;
                if (message.End.EventCount != events)
                {
                    Add(TraceFaultKind.Incomplete, "", Text(
                        $"The export says that it holds {message.End.EventCount} events, and holds {events}."));
                }

                break;
            case ExportRecordEventsResponse.PartOneofCase.Header:
                Add(TraceFaultKind.Incomplete, "", "The export has more than one header.");
                break;
            default:
                Add(TraceFaultKind.Incomplete, "", "A line of the export is neither header, event nor end.");
                break;
        }
    }

    public TraceVerification Finish()
    {
        if (header is null)
        {
            Add(TraceFaultKind.Incomplete, "", "The export has no header.");
        }

        if (!ended)
        {
            Add(TraceFaultKind.Incomplete, "", "The export ends before its end: it was cut.");
        }

        return new TraceVerification
        {
            RecordId = header?.RecordId ?? "",
            Checkpoint = checkpoint,
            EventCount = events,
            Faults = faults,
        };
    }

    public void Add(TraceFaultKind kind, string eventId, string message)
    {
        if (faults.Count < TraceVerifier.FaultsMax)
        {
            faults.Add(new TraceFault(kind, eventId, message));
        }
    }

    private void CheckHeader(TraceExportHeader header)
    {
        if (Checkpoint.Find(header.Checkpoint?.Note, keys) is not { } checkpoint)
        {
            Add(TraceFaultKind.CheckpointForged, "", "The checkpoint of the export is not signed by a trusted key.");
            return;
        }

        if (header.Checkpoint!.TreeSize != checkpoint.Size || !header.Checkpoint.Root.Span.SequenceEqual(checkpoint.Root.Span))
        {
            Add(TraceFaultKind.CheckpointForged, "", "The checkpoint of the export is not what its signed note says.");
            return;
        }

        this.checkpoint = checkpoint;

        // Without a good first checkpoint every event must be signed.
        signedFrom = Checkpoint.Find(header.FirstCheckpoint, keys) is { Number: null or 1 } first && first.Size <= checkpoint.Size
            && string.Equals(first.Origin, checkpoint.Origin, StringComparison.Ordinal)
                ? Math.Min(first.Size, earlier?.Size ?? first.Size)
                : 0;
        if (earlier is not null)
        {
            CheckEarlier(header, checkpoint, earlier);
        }
    }

    private void CheckEarlier(TraceExportHeader header, Checkpoint checkpoint, Checkpoint kept)
    {
        if (!string.Equals(kept.Origin, checkpoint.Origin, StringComparison.Ordinal))
        {
            Add(TraceFaultKind.LogRewritten, "", $"The checkpoint kept is of {kept.Origin}, and the export of {checkpoint.Origin}.");
        }
        else if (kept.Size > checkpoint.Size)
        {
            Add(TraceFaultKind.LogRewritten, "", Text(
                $"The log of the export has {checkpoint.Size} events, and had {kept.Size} when the checkpoint was kept."));
        }
        else if (kept.Size != 0 && kept.Size != checkpoint.Size && header.EarlierTreeSize != kept.Size)
        {
            Add(TraceFaultKind.LogRewritten, "", Text(
                $"The export does not prove that it continues the checkpoint kept; ask for it with earlier_tree_size {kept.Size}."));
        }
        else if (!TreeProof.VerifyConsistency(
            kept.Size, kept.Root.Span, checkpoint.Size, checkpoint.Root.Span,
            kept.Size == checkpoint.Size || kept.Size == 0 ? [] : Hashes(header.ConsistencyProof)))
        {
            Add(TraceFaultKind.LogRewritten, "", Text(
                $"The log does not continue the checkpoint kept: its first {kept.Size} events are other ones now."));
        }
    }

    private void CheckEvent(ProvenEvent proven)
    {
        if (string.CompareOrdinal(proven.EventId, last) <= 0)
        {
            Add(TraceFaultKind.Incomplete, proven.EventId, "The events are not in order, or one is there twice.");
        }

        last = proven.EventId;
        if (ReadParts(proven) is not { } told)
        {
            return;
        }

        var isGood = true;
        if (this.checkpoint is { } checkpoint
            && !TreeProof.VerifyInclusion(
                TreeHash.Leaf(proven.Root.Span), proven.LeafIndex, checkpoint.Size, Hashes(proven.Proof), checkpoint.Root.Span))
        {
            Add(TraceFaultKind.EventNotInLog, proven.EventId, Text($"The event is not in the log at {proven.LeafIndex}."));
            isGood = false;
        }

        // Of before the log: the first checkpoint is what vouches for it.
        var isOfBefore = proven.Signature.IsEmpty && proven.LeafIndex < signedFrom;
        if (!isOfBefore && EventParts.SignatureFault(proven, keys) is { } fault)
        {
            Add(TraceFaultKind.EventForged, proven.EventId, fault);
            isGood = false;
        }

        if (isGood && this.checkpoint is not null)
        {
            onEvent?.Invoke(told);
        }
    }

    /// <summary>The event as its parts say, when each of them is what was committed to.</summary>
    private AuditEvent? ReadParts(ProvenEvent proven)
    {
        var parts = EventParts.Read(proven);
        var fault = parts.Fault ?? (string.Equals(parts.Event!.RecordId, header?.RecordId, StringComparison.Ordinal)
            ? null
            : "The event is of another record.");
        if (fault is not null)
        {
            Add(TraceFaultKind.EventChanged, proven.EventId, fault);
        }

        return fault is null ? parts.Event : null;
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Hashes(IEnumerable<ByteString> hashes) => [.. hashes.Select(hash => hash.Memory)];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
