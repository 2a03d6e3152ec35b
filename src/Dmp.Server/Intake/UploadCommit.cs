using System.Runtime.ExceptionServices;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Intake;

/// <summary>
/// Complete uploads of one caller, alone or in submission sets, made documents in one transaction: versions, trace, outbox and request ids,
/// with the unfinished uploads gone (ADR 0019).
/// </summary>
internal sealed class UploadCommit(
    Database database,
    UploadQueues queues,
    UploadDescription description,
    UploadDecisions decisions,
    UploadWriting writing,
    UploadRelease release)
{
    /// <summary>
    /// Concludes each unit: with its answer, or with why it became nothing, which is not traced here. What is refused stops no other one, and
    /// neither does one with which the transaction of all fails.
    /// </summary>
    public async Task CommitAllAsync(IEnumerable<CommitUnit> units, CancellationToken ct)
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
            async connection =>
            {
                var decided = await decisions.DecideAllAsync(connection, batch, refused, ct);
                return await writing.WriteAllAsync(connection, decided, ct);
            },
            ct);
        foreach (var (unit, faults) in refused)
        {
            unit.Refuse(faults);
        }

        foreach (var decision in done.Uploads)
        {
            var upload = decision.Upload;
            (upload.Response, upload.IsAdded) = (decision.Response, !decision.IsAnswerOnly);
            (upload.Call.Trace.IsTraced, upload.Call.Trace.Committed) = (true, committed);
        }

        foreach (var decision in done.Sets)
        {
            var set = decision.Set;
            set.Conclude(decision.Response);
            (set.Call.Trace.IsTraced, set.Call.Trace.Committed) = (true, committed);
        }
    }

    /// <summary>
    /// The bytes become a document, alone or with others of the same caller that are complete at the same moment. Whatever fails before its
    /// transaction commits leaves the bytes where they are; <see cref="UploadRelease.EndAsync"/> decides about them.
    /// </summary>
    public async Task<UploadDocumentResponse> CommitAsync(
        Call call, UploadPlan intent, UploadFinish finish, UploadSink sink, CancellationToken ct)
    {
        var upload = await description.CompleteAsync(call, intent, finish, sink, ct);
        await queues.CommitAsync(upload, batch => CommitAllAsync(batch.Select(one => new CommitUnit(one)), CancellationToken.None));
        if (upload.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (!upload.IsAdded)
        {
            // An earlier call had finished it, with bytes of its own.
            await release.ForgetAsync(call.Caller, intent, sink);
        }

        return upload.Response!;
    }
}
