using Dmp.Document.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>What is due in an import: committed, traced, closed and answered. From here on nobody else has to do with the items.</summary>
internal sealed class ImportCommits(UploadCommit commit, UploadRelease release, ImportTrace trace, IOptions<ImportOptions> importOptions)
{
    /// <summary>
    /// Commits what is due, as much as has come while it committed what was before. Two of these run, so that one can decide while the
    /// other waits for the disk.
    /// </summary>
    public async Task RunAsync(ImportRun run)
    {
        while (await run.Book.Due.WaitToReadAsync(run.Ended))
        {
            var batch = new List<ImportPart>();
            while (batch.Count < importOptions.Value.BatchItems && run.Book.Due.TryRead(out var item))
            {
                batch.AddRange(PartsOf(item));
            }

            if (batch.Count > 0)
            {
                await CommitAsync(run, batch);
            }
        }
    }

    /// <summary>Closes what is still open when the call breaks, and what becomes due by that.</summary>
    public async Task CloseAllAsync(ImportRun run)
    {
        run.Book.End();
        while (!run.Book.Emptied.IsCompleted)
        {
            foreach (var part in PartsOf(await run.Book.Due.ReadAsync(CancellationToken.None)))
            {
                await CloseAsync(run, part.Item);
            }
        }
    }

    /// <summary>A document by itself, or what was refused; and a set with its documents.</summary>
    private static IEnumerable<ImportPart> PartsOf(ImportItem item)
    {
        if (item is not { IsSet: true, Finding: null, Set: { } set })
        {
            return [new ImportPart(item, (item.Finding as ImportFinding.Good)?.Upload, Guid.Empty)];
        }

        var whole = set.ToArrival();
        return
        [
            .. set.Members.Select(member => new ImportPart(member.Document, whole, member.RequestId)),
            new ImportPart(item, whole, whole.Plan.RequestId),
        ];
    }

    private async Task CommitAsync(ImportRun run, List<ImportPart> batch)
    {
        Dictionary<ImportItem, RpcException> refusals = [];
        try
        {
            var arrivals = batch.Select(part => part.Arrival).OfType<Arrival>().Distinct();
            await commit.CommitAllAsync(arrivals.Where(arrival => !arrival.IsDone), run.Ended);
            foreach (var part in batch.Where(part => !part.Item.IsSilent))
            {
                if (part.Failure is { } failure)
                {
                    refusals[part.Item] = trace.Known(run.Call, failure);
                }
            }

            await trace.TraceRefusalsAsync(run.Call, refusals, run.Ended);
            batch.ForEach(part => run.Witness(part.Item.Call));
        }
        catch (Exception fault) when (!run.Ended.IsCancellationRequested)
        {
            // A fault of ours. It ends these documents, and neither the others nor the call.
            var told = trace.Known(run.Call, fault);
            foreach (var part in batch.Where(part => !part.Item.Call.Trace.IsTraced || part.Failure is not null))
            {
                refusals[part.Item] = told;
            }
        }
        finally
        {
            // Also when the call breaks in the middle.
            foreach (var part in batch)
            {
                await CloseAsync(run, part.Item);
            }
        }

        foreach (var part in batch.Where(part => !part.Item.IsSilent))
        {
            Answer(run, part, refusals.GetValueOrDefault(part.Item));
        }
    }

    private static void Answer(ImportRun run, ImportPart part, RpcException? refusal)
    {
        var result = new ImportResult { Item = part.Item.Number };
        if (refusal is not null)
        {
            result.Error = WireStatus.Bound(Failures.OfCall(refusal.GetRpcStatus()!, run.Call.ServerRequestId));
        }
        else if (part.Item.IsSet)
        {
            result.SubmissionSet = ((SetArrival)part.Arrival!).Response;
        }
        else
        {
            var (response, warnings) = part.Item.Finding switch
            {
                ImportFinding.Good good => (good.Upload.Response!, good.Warnings),
                ImportFinding.Known known => (known.Response, known.Warnings),
                _ => throw new InvalidOperationException("What was refused is told why."),
            };
            result.Warnings.AddRange(warnings);
            result.Warnings.AddRange(response.Warnings);
            result.Document = response.Document;
        }

        run.Answers.Add(new ImportDocumentsResponse { Result = result });
    }

    /// <summary>Lets go of the bytes; the window has room again.</summary>
    private async Task CloseAsync(ImportRun run, ImportItem item)
    {
        try
        {
            // It ends with the item, also when the work fails.
            await using var receiver = item.Receiver;
            await item.Work;
            if (receiver is not null && item.Finding is ImportFinding.Good good)
            {
                await release.EndAsync(receiver, good.Upload);
            }
        }
        catch (Exception fault)
        {
            // A fault of ours, which is logged. The item must leave the window all the same.
            trace.Known(run.Call, fault);
        }

        run.Book.Close(item);
    }

    /// <summary>An item that is due.</summary>
    /// <param name="Item">The document, or the set.</param>
    /// <param name="Arrival">What is committed for it, together with others of its set; null when nothing is.</param>
    /// <param name="RequestId">Its request id in the set.</param>
    private sealed record ImportPart(ImportItem Item, Arrival? Arrival, Guid RequestId)
    {
        /// <summary>Why it became nothing, or null.</summary>
        public Exception? Failure => (Item.Finding as ImportFinding.Refused)?.Failure ?? Arrival switch
        {
            SetArrival set => set.FailureOf(RequestId),
            UploadArrival upload => upload.Failure,
            _ => null,
        };
    }
}
