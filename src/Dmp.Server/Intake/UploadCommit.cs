using System.Runtime.ExceptionServices;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Audit;
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
    UploadDescription description,
    UploadDecisions decisions,
    UploadWriting writing,
    UploadRelease release,
    AuditTrail audit)
{
    private readonly CallerTurns<UploadArrival> turns = new();

    /// <summary>
    /// Concludes each arrival: with its answer, or with why it became nothing, which is not traced here. What is refused stops no other
    /// one, and neither does one with which the transaction of all fails.
    /// </summary>
    public async Task CommitAllAsync(IEnumerable<Arrival> arrivals, CancellationToken ct)
    {
        List<Arrival> waiting = [.. arrivals];
        while (waiting.Count > 0)
        {
            // Of two with one request id, one unique id or one document to replace, the second sees what became of the first.
            var names = new HashSet<(Guid, string)>();
            await CommitPartAsync([.. waiting.Where(arrival => TryAddAll(names, arrival))], ct);
            waiting.RemoveAll(arrival => arrival.IsDone);
        }
    }

    private static bool TryAddAll(HashSet<(Guid, string)> names, Arrival arrival)
    {
        (Guid, string)[] own = [.. arrival.Names()];
        if (own.Any(names.Contains))
        {
            return false;
        }

        names.UnionWith(own);
        return true;
    }

    private async Task CommitPartAsync(IReadOnlyList<Arrival> batch, CancellationToken ct)
    {
        try
        {
            await CommitOnceAsync(batch, ct);
        }
        catch (UploadsTakenOverException lost)
        {
            foreach (var arrival in batch)
            {
                var faults = arrival.Uploads.Where(lost.Uploads.Contains).Select(upload => upload.Plan.RequestId).ToDictionary(
                    id => id, Exception (id) => Failures.Of(ErrorReason.UploadTakenOver, ("request_id", id.ToString())));
                if (faults.Count > 0)
                {
                    arrival.Refuse(faults);
                }
            }
        }
        catch (DecideAgainException)
        {
            // The other call has committed: its ids were waited for. What it made of them is seen by the next transaction.
        }
        catch (Exception failure) when (batch.Count > 1 && !ct.IsCancellationRequested && !StorageFailures.IsAbsence(failure))
        {
            // Somebody else's unique id at the same moment, a deadlock, or a fault of ours: it must not be that of the others. A set is
            // never halved.
            var half = batch.Count / 2;
            await CommitPartAsync([.. batch.Take(half)], ct);
            await CommitPartAsync([.. batch.Skip(half)], ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            foreach (var arrival in batch)
            {
                arrival.Fail(failure);
            }
        }
    }

    private async Task CommitOnceAsync(IReadOnlyList<Arrival> batch, CancellationToken ct)
    {
        List<ArrivalRefusal> refused = [];
        var (done, committed) = await database.InTransactionAsync(
            async connection =>
            {
                var decided = await decisions.DecideAllAsync(connection, batch, refused, ct);
                return await writing.WriteAllAsync(connection, decided, ct);
            },
            ct);
        audit.Announce();
        foreach (var (arrival, faults) in refused)
        {
            arrival.Refuse(faults);
        }

        foreach (var decision in done.Uploads)
        {
            var upload = decision.Upload;
            upload.Conclude(decision.Response, !decision.IsAnswerOnly);
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
    /// transaction commits leaves the bytes where they are; <see cref="UploadRelease"/> decides about them.
    /// </summary>
    public async Task<UploadDocumentResponse> CommitAsync(Call call, UploadFinish finish, UploadReceiver receiver)
    {
        var upload = await description.DescribeAsync(call, finish, receiver);
        await turns.ServeAsync(call.Caller, upload, batch => CommitAllAsync(batch, CancellationToken.None));
        if (upload.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        await release.EndAsync(receiver, upload);
        return upload.Response!;
    }
}
