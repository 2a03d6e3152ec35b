using Dmp.Error.V1;
using Dmp.Server.Errors;

namespace Dmp.Server.Documents;

/// <summary>
/// Complete uploads of one caller, alone or in submission sets, become documents in one transaction: versions, trace, outbox and request ids, with the unfinished uploads gone
/// (ADR 0019). Uploads by calls of their own are a batch too, of those that are complete at the same moment.
/// </summary>
internal sealed partial class DocumentService
{
    /// <summary>
    /// Concludes each unit: with its answer, or with why it became nothing, which is not traced here. What is refused stops no other one, and
    /// neither does one with which the transaction of all fails.
    /// </summary>
    private async Task CommitAllAsync(IEnumerable<CommitUnit> units, CancellationToken ct)
    {
        List<CommitUnit> waiting = [.. units];
        while (waiting.Count > 0)
        {
            // Of two with one request id, one unique id or one document to replace, the second sees what became of the first.
            var names = new HashSet<(Guid, string)>();
            await CommitPartAsync([.. waiting.Where(unit => TryAddAll(names, unit))], ct);
            waiting.RemoveAll(unit => unit.IsDone);
        }
    }

    private static bool TryAddAll(HashSet<(Guid, string)> names, CommitUnit unit)
    {
        (Guid, string)[] own = [.. unit.Names()];
        if (own.Any(names.Contains))
        {
            return false;
        }

        names.UnionWith(own);
        return true;
    }

    private async Task CommitPartAsync(IReadOnlyList<CommitUnit> batch, CancellationToken ct)
    {
        try
        {
            await CommitOnceAsync(batch, ct);
        }
        catch (UploadsTakenOverException lost)
        {
            foreach (var unit in batch)
            {
                Dictionary<Guid, Exception> faults = unit.Uploads.Where(lost.Uploads.Contains).Select(upload => upload.Plan.RequestId).ToDictionary(
                    id => id, Exception (id) => Failures.Of(ErrorReason.UploadTakenOver, ("request_id", id.ToString())));
                if (faults.Count > 0)
                {
                    unit.Refuse(faults);
                }
            }
        }
        catch (DecideAgainException)
        {
            // The other call has committed: its ids were waited for. What it made of them is seen by the next transaction.
        }
        catch (Exception failure) when (batch.Count > 1 && !ct.IsCancellationRequested && !StorageFailures.IsAbsence(failure))
        {
            // Somebody else's unique id at the same moment, a deadlock, or a fault of ours: it must not be that of the others. A set is never halved.
            var half = batch.Count / 2;
            await CommitPartAsync([.. batch.Take(half)], ct);
            await CommitPartAsync([.. batch.Skip(half)], ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            foreach (var unit in batch)
            {
                unit.Fail(failure);
            }
        }
    }

    private async Task CommitOnceAsync(IReadOnlyList<CommitUnit> batch, CancellationToken ct)
    {
        List<UnitRefusal> refused = [];
        var (done, committed) = await database.InTransactionAsync(
            async connection => await WriteAllAsync(connection, await DecideAllAsync(connection, batch, refused, ct), ct), ct);
        foreach (var (unit, faults) in refused)
        {
            unit.Refuse(faults);
        }

        foreach (var decision in done.Uploads)
        {
            var upload = decision.Upload;
            (upload.Response, upload.IsAdded) = (decision.Response, !decision.IsAnswerOnly);
            (upload.Call.IsTraced, upload.Call.Committed) = (true, committed);
        }

        foreach (var decision in done.Sets)
        {
            var set = decision.Set;
            set.Conclude(decision.Response);
            (set.Call.IsTraced, set.Call.Committed) = (true, committed);
        }
    }

    /// <summary>Others took these uploads up, or gave them up, while this call finished them.</summary>
    private sealed class UploadsTakenOverException(IReadOnlyList<CompleteUpload> uploads) : Exception
    {
        public IReadOnlyList<CompleteUpload> Uploads => uploads;
    }
}
