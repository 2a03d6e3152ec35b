using System.Globalization;
using Dmp.Audit.V1;

namespace Dmp.Proofs;

/// <summary>The signed states: what the export begins with, those on its way, and its end.</summary>
internal sealed partial class LogExportCheck
{
    public LogVerification Finish()
    {
        if (_header is null)
        {
            Add(TraceFaultKind.Incomplete, "", "The export has no header.");
        }

        if (!_ended)
        {
            Add(TraceFaultKind.Incomplete, "", "The export ends before its end: it was cut.");
        }

        if (_checkpoint is { } end)
        {
            CheckEnd(end);
        }

        if (earlier is not null && _checkpoint is not null && earlier.Size >= _header!.FromSize && earlier.Size > _size)
        {
            Add(TraceFaultKind.LogRewritten, "", Text(
                $"The log of the export has {_size} leaves, and had {earlier.Size} when the checkpoint was kept."));
        }

        var retired = _retirement.Finish(fault => Add(TraceFaultKind.EventMissing, "", $"{char.ToUpperInvariant(fault[0])}{fault[1..]}."));
        return new LogVerification
        {
            Checkpoint = _checkpoint,
            FromSize = _header?.FromSize ?? 0,
            LeafCount = _leaves,
            EventCount = _events,
            RetiredCount = retired,
            CheckpointCount = _checkpoints,
            CountsDocuments = _header is { WithInternals: true },
            Faults = _faults,
        };
    }

    private void CheckEnd(Checkpoint end)
    {
        if (end.Size > _size)
        {
            Add(TraceFaultKind.EventMissing, "", Text(
                $"The leaves {_size} to {end.Size - 1} are gone: the log has {end.Size} by its checkpoint."));
        }
        else if (end.Size < _size)
        {
            Add(TraceFaultKind.Incomplete, "", Text($"The export has leaves up to {_size - 1}, and its checkpoint covers {end.Size}."));
        }

        if (end.Size > _header!.FromSize && !string.Equals(_last?.Note, end.Note, StringComparison.Ordinal))
        {
            Add(TraceFaultKind.CheckpointMissing, "", Text(
                $"The checkpoint of size {end.Size}, with which the export ends, is not in its place."));
        }

        // Also where no checkpoint stood on the way, or the last one is gone.
        Compare(end, "the checkpoint of the export");
        if (_uncheckable > 0 && _faults.Count == 0)
        {
            Add(TraceFaultKind.Incomplete, "", Text($"{_uncheckable} checkpoints could not be compared."));
        }
    }

    private void CheckHeader(LogExportHeader header)
    {
        _size = _goodSize = header.FromSize;
        _checkpoint = Read(header.Checkpoint, "the export");
        if (!Continue(header))
        {
            Add(TraceFaultKind.Incomplete, "", Text($"The export does not say what the tree of its first {header.FromSize} leaves is."));
            _isBroken = true;
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
            _signedFrom = Math.Min(first.Size, earlier?.Size ?? first.Size);
        }

        if (earlier is not null && !IsOfLog(earlier))
        {
            Add(TraceFaultKind.LogRewritten, "", $"The checkpoint kept is of {earlier.Origin}, and the export of {_origin}.");
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
        _stored = new(header.FromSize, node => edge[node]);
        _credible = new(header.FromSize, node => edge[node]);
        _order = new(null);
        if (header.FromCheckpoint.Length > 0)
        {
            if (Checkpoint.Find(header.FromCheckpoint, keys) is { } from && IsOfLog(from) && from.Size == header.FromSize)
            {
                Compare(from, "the checkpoint that the export begins with");
                _order = new(from.Number);
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
            _order.Skip();
            return;
        }

        _last = checkpoint;
        if (_order.Next(checkpoint) is { } fault)
        {
            Add(TraceFaultKind.CheckpointMissing, "", $"{char.ToUpperInvariant(fault[0])}{fault[1..]}.");
        }

        if (checkpoint.Size != _size)
        {
            Add(TraceFaultKind.Incomplete, "", Text(
                $"The checkpoint of size {checkpoint.Size} is not in its place, behind {_size} leaves."));
            return;
        }

        Compare(checkpoint, "the signed checkpoint");
    }

    private void CompareKept()
    {
        if (earlier is not null && earlier.Size == _size && IsOfLog(earlier))
        {
            Compare(earlier, "the checkpoint that was kept");
        }
    }

    private void Compare(Checkpoint state, string what)
    {
        if (_isBroken || state.Size != _size)
        {
            _uncheckable++;
        }
        else if (state.Root.Span.SequenceEqual(_stored.Root()) || state.Root.Span.SequenceEqual(_credible.Root()))
        {
            _goodSize = _size;
            _range.Clear();
        }
        else
        {
            _isBroken = true;
            var named = $"{string.Join(", ", _range.Take(RangeEventsMax))}{(_range.Count > RangeEventsMax ? ", ..." : "")}";
            Add(TraceFaultKind.LogRewritten, "", _goodSize == _size
                ? Text($"The first {_size} leaves are not those of {what} of size {state.Size}.")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Reordered, changed or replaced: the leaves {_goodSize} to {_size - 1} are not those of {what} of size {state.Size}; "
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
        string.Equals(_origin ??= checkpoint.Origin, checkpoint.Origin, StringComparison.Ordinal);
}
