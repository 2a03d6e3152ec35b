using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Grpc.Core;

namespace Dmp.Server.Intake;

internal sealed partial class ImportRun
{
    /// <summary>
    /// Commits what is complete, as much as has come while it committed what was before. Two of these run, so that one can decide while
    /// the other waits for the disk.
    /// </summary>
    public async Task CommitAsync()
    {
        while (await complete.Reader.WaitToReadAsync(ct))
        {
            var batch = new List<ImportItem>();
            while (batch.Count < limits.BatchItems && complete.Reader.TryRead(out var item))
            {
                batch.AddRange(PartsOf(item));
            }

            if (batch.Count > 0)
            {
                await CommitAsync(batch);
            }
        }
    }

    private async Task CommitAsync(List<ImportItem> batch)
    {
        try
        {
            await intake.Commit.CommitAllAsync([.. batch.Select(UnitOf).OfType<CommitUnit>()], ct);
            batch.ForEach(TakeFailures);

            await failures.TraceAsync(call, batch.FindAll(item => item is { Failure: not null, IsSilent: false }), ct);
            batch.ForEach(Witness);
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            // A fault of ours. It ends these documents, and neither the others nor the call.
            foreach (var item in batch.Where(item => !item.Call.Trace.IsTraced))
            {
                item.Failure = failures.Known(call, fault);
            }
        }
        finally
        {
            // Also when the call breaks in the middle.
            foreach (var item in batch)
            {
                await CloseAsync(item);
            }
        }

        batch.FindAll(item => !item.IsSilent).ForEach(Answer);
    }

    private readonly Lock witnessing = new();

    /// <summary>The call stands in the trace by its documents, and its token is that of the latest.</summary>
    private void Witness(ImportItem item)
    {
        lock (witnessing)
        {
            call.Trace.IsTraced |= item.Call.Trace.IsTraced;
            if (item.Call.Trace.Committed is { } position && !(call.Trace.Committed?.Lsn > position.Lsn))
            {
                call.Trace.Committed = position;
            }
        }
    }

    private void Answer(ImportItem item)
    {
        var result = new ImportResult { Item = item.Number, Warnings = { item.Warnings } };
        if (item.Failure is RpcException failure)
        {
            result.Error = WireStatus.Bound(Failures.OfCall(failure.GetRpcStatus()!, call.ServerRequestId));
            result.Warnings.Clear();
        }
        else if (item.Whole is { } set)
        {
            result.SubmissionSet = set.Response;
        }
        else
        {
            var response = item.Earlier ?? item.Upload!.Response!;
            result.Warnings.AddRange(response.Warnings);
            result.Document = response.Document;
        }

        Answers.Add(new ImportDocumentsResponse { Result = result });
    }

    /// <summary>Lets go of the bytes; the window has room again.</summary>
    private async Task CloseAsync(ImportItem item)
    {
        if (item.Receiver is { } receiver)
        {
            if (item.Upload is { Response: null } upload)
            {
                await intake.Release.EndAsync(
                    item.Call.Caller, item.Plan!, receiver, finished: true, upload.Failure ?? Failures.Of(ErrorReason.CallCancelled));
            }
            else if (item.Upload is { IsAdded: false })
            {
                // An earlier call had finished it, with bytes of its own.
                await intake.Release.ForgetAsync(item.Call.Caller, item.Plan!, receiver.Sink);
            }

            await receiver.DisposeAsync();
        }

        item.Release?.Invoke();
        Book.Close(item);
    }
}
