using System.Globalization;
using Dmp.Audit.V1;

namespace Dmp.Proofs;

/// <summary>The signed states: what the export begins with, those on its way, and its end.</summary>
internal sealed partial class LogExportCheck
{
    public LogVerification Finish()
    {
        if (header is null)
        {
            Add(TraceFaultKind.Incomplete, "", "The export has no header.");
        }

        if (!ended)
        {
            Add(TraceFaultKind.Incomplete, "", "The export ends before its end: it was cut.");
        }

        if (checkpoint is { } end)
        {
            CheckEnd(end);
        }

        if (earlier is not null && checkpoint is not null && earlier.Size >= header!.FromSize && earlier.Size > size)
        {
            Add(TraceFaultKind.LogRewritten, "", Text(
                $"The log of the export has {size} leaves, and had {earlier.Size} when the checkpoint was kept."));
        }

        var retired = retirement.Finish(fault => Add(TraceFaultKind.EventMissing, "", $"{char.ToUpperInvariant(fault[0])}{fault[1..]}."));
        return new LogVerification
        {
            Checkpoint = checkpoint,
            FromSize = header?.FromSize ?? 0,
            LeafCount = leaves,
            EventCount = events,
            RetiredCount = retired,
            CheckpointCount = checkpoints,
            CountsDocuments = header is { WithInternals: true },
            Faults = faults,
        };
    }

    private void CheckEnd(Checkpoint end)
    {
        if (end.Size > size)
        {
            Add(TraceFaultKind.EventMissing, "", Text(
                $"The leaves {size} to {end.Size - 1} are gone: the log has {end.Size} by its checkpoint."));
        }
        else if (end.Size < size)
        {
            Add(TraceFaultKind.Incomplete, "", Text($"The export has leaves up to {size - 1}, and its checkpoint covers {end.Size}."));
        }

        if (end.Size > header!.FromSize && !string.Equals(last?.Note, end.Note, StringComparison.Ordinal))
        {
            Add(TraceFaultKind.CheckpointMissing, "", Text(
                $"The checkpoint of size {end.Size}, with which the export ends, is not in its place."));
        }

        // Also where no checkpoint stood on the way, or the last one is gone.
        Compare(end, "the checkpoint of the export");
        if (uncheckable > 0 && faults.Count == 0)
        {
            Add(TraceFaultKind.Incomplete, "", Text($"{uncheckable} checkpoints could not be compared."));
        }
    }

    private void CheckHeader(LogExportHeader header)
    {
        size = goodSize = header.FromSize;
        checkpoint = Read(header.Checkpoint, "the export");
        if (!Continue(header))
        {
            Add(TraceFaultKind.Incomplete, "", Text($"The export does not say what the tree of its first {header.FromSize} leaves is."));
            isBroken = true;
        }

        // Without a good first checkpoint every event must be signed; nor may it be later than one that was kept.
        if (Checkpoint.Find(header.FirstCheckpoint, keys) is not { } first || !IsOfLog(first))
        {
            Add(TraceFaultKind.CheckpointForged, "", "The first checkpoint of the log is not signed by a trusted key.");
        }
        else if (first.Number is not (null or 1))
        {
            Add(TraceFaultKind.CheckpointMissing, "", Text(
                $"The first checkpoint of the log is gone: what the export has has the number {first.Number}."));
        }
        else
        {
            signedFrom = Math.Min(first.Size, earlier?.Size ?? first.Size);
        }

        if (earlier is not null && !IsOfLog(earlier))
        {
            Add(TraceFaultKind.LogRewritten, "", $"The checkpoint kept is of {earlier.Origin}, and the export of {origin}.");
        }
        else if (earlier is not null && earlier.Size < header.FromSize)
        {
            Add(TraceFaultKind.LogRewritten, "", string.Create(
                CultureInfo.InvariantCulture,
                $"The export begins at leaf {header.FromSize} and cannot be compared with the checkpoint kept; "
                + $"make it with --from-size {earlier.Size}."));
        }

        CompareKept();
    }

    /// <summary>Goes on with the tree of the leaves before; false when the header does not say what it is.</summary>
    private bool Continue(LogExportHeader header)
    {
        if (header.FromSize == 0)
        {
            return header.Edge.Count == 0;
        }

        if (header.FromSize < 0 || TreeProof.Whole(0, header.FromSize).ToList() is var nodes && nodes.Count != header.Edge.Count
            || header.Edge.Any(hash => hash.Length != TreeHash.Length))
        {
            return false;
        }

        var edge = nodes.Zip(header.Edge, (node, hash) => (node, Hash: hash.ToByteArray()))
            .ToDictionary(pair => pair.node, pair => pair.Hash);
        stored = new(header.FromSize, node => edge[node]);
        credible = new(header.FromSize, node => edge[node]);
        order = new(null);
        if (header.FromCheckpoint.Length > 0)
        {
            if (Checkpoint.Find(header.FromCheckpoint, keys) is { } from && IsOfLog(from) && from.Size == header.FromSize)
            {
                Compare(from, "the checkpoint that the export begins with");
                order = new(from.Number);
            }
            else
            {
                Add(TraceFaultKind.CheckpointForged, "", Text($"The checkpoint of size {header.FromSize} is not signed by a trusted key."));
            }
        }

        return true;
    }

    private void CheckCheckpoint(TraceCheckpoint told)
    {
        if (Read(told, Text($"size {told.TreeSize}")) is not { } checkpoint)
        {
            order.Skip();
            return;
        }

        last = checkpoint;
        if (order.Next(checkpoint) is { } fault)
        {
            Add(TraceFaultKind.CheckpointMissing, "", $"{char.ToUpperInvariant(fault[0])}{fault[1..]}.");
        }

        if (checkpoint.Size != size)
        {
            Add(TraceFaultKind.Incomplete, "", Text(
                $"The checkpoint of size {checkpoint.Size} is not in its place, behind {size} leaves."));
            return;
        }

        Compare(checkpoint, "the signed checkpoint");
    }

    private void CompareKept()
    {
        if (earlier is not null && earlier.Size == size && IsOfLog(earlier))
        {
            Compare(earlier, "the checkpoint that was kept");
        }
    }

    private void Compare(Checkpoint state, string what)
    {
        if (isBroken || state.Size != size)
        {
            uncheckable++;
        }
        else if (state.Root.Span.SequenceEqual(stored.Root()) || state.Root.Span.SequenceEqual(credible.Root()))
        {
            goodSize = size;
            range.Clear();
        }
        else
        {
            isBroken = true;
            var named = $"{string.Join(", ", range.Take(RangeEventsMax))}{(range.Count > RangeEventsMax ? ", ..." : "")}";
            Add(TraceFaultKind.LogRewritten, "", goodSize == size
                ? Text($"The first {size} leaves are not those of {what} of size {state.Size}.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Reordered, changed or replaced: the leaves {goodSize} to {size - 1} are not those of {what} of size {state.Size}; "
                    + $"their events are {named}."));
        }
    }

    /// <summary>The checkpoint, when its note is signed and what stands beside it says the same.</summary>
    private Checkpoint? Read(TraceCheckpoint? told, string of)
    {
        if (Checkpoint.Find(told?.Note, keys) is not { } checkpoint || !IsOfLog(checkpoint))
        {
            Add(TraceFaultKind.CheckpointForged, "", $"The checkpoint of {of} is not signed by a trusted key.");
            return null;
        }

        if (told!.TreeSize != checkpoint.Size || !told.Root.Span.SequenceEqual(checkpoint.Root.Span))
        {
            Add(TraceFaultKind.CheckpointForged, "", $"The checkpoint of {of} is not what its signed note says.");
            return null;
        }

        return checkpoint;
    }

    /// <summary>All of one log; the first good checkpoint says which.</summary>
    private bool IsOfLog(Checkpoint checkpoint) =>
        string.Equals(origin ??= checkpoint.Origin, checkpoint.Origin, StringComparison.Ordinal);
}
