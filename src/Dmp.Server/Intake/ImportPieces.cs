using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>Documents of an import that come in pieces: each is an upload of its own, received as UploadDocument receives one.</summary>
internal sealed class ImportPieces(
    UploadPlanning planning,
    UploadOpening opening,
    UploadReceivers receivers,
    UploadDescription description,
    UploadRelease release,
    TimeProvider time)
{
    public void Begin(ImportRun run, ImportIntent message)
    {
        var call = run.Call.ForItem(time.GetTimestamp());
        if (run.Book.Begin(message.Item, call, UploadSink.SmallBytesMax, message.Intent) is { } item)
        {
            item.Start(() => OpenAsync(run, item, message.Intent));
        }
    }

    public async Task AppendAsync(ImportRun run, ImportItem item, UploadChunk chunk)
    {
        await item.Work;
        if (!item.TryWrite())
        {
            // Refused in the meantime.
            return;
        }

        Exception? failure = null;
        try
        {
            if (await item.Receiver!.ReceiveAsync(chunk) is { } size)
            {
                run.Answers.Add(new ImportDocumentsResponse
                {
                    Progress = new ImportProgress { Item = item.Number, Progress = new UploadProgress { PersistedSize = size } },
                });
            }
        }
        catch (Exception refusal)
        {
            failure = refusal;
        }

        if (item.Written())
        {
            // Only another call that takes the upload away gives it up under the hands of its writer.
            await EndAsync(run, item, failure ?? TakenOver(item));
        }
        else if (failure is not null)
        {
            await GiveUpAsync(run, item, failure);
        }
    }

    public async Task FinishAsync(ImportRun run, ImportItem item, UploadFinish finish)
    {
        await item.Work;
        if (item.TryFinish())
        {
            item.Start(() => DescribeAsync(run, item, finish));
        }
    }

    /// <summary>
    /// Nothing more is read. What did not come whole is given up until it is taken up; only a caller that ended in order is told, for
    /// every other knows.
    /// </summary>
    public async Task GiveUpAllAsync(ImportRun run, bool isOrderly)
    {
        foreach (var item in run.Book.Unfinished)
        {
            // What needs nothing but its intent is whole after this. A fault of ours is met by whoever closes the item.
            await item.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        run.Book.EndSets(isOrderly);
        foreach (var item in run.Book.Unfinished)
        {
            var failure = Failures.Of(isOrderly ? ErrorReason.UploadIncomplete : ErrorReason.CallCancelled);
            await GiveUpAsync(run, item, failure, isSilent: !isOrderly);
        }
    }

    private async Task OpenAsync(ImportRun run, ImportItem item, UploadIntent? message)
    {
        ImportFinding? known;
        try
        {
            known = await AskAsync(run, item, message);
        }
        catch (Exception failure)
        {
            await GiveUpAsync(run, item, failure);
            return;
        }

        if (known is not null)
        {
            run.Book.Settle(item, known);
        }
    }

    /// <summary>Makes the item ready for its pieces, or finds that it needs none.</summary>
    private async Task<ImportFinding.Known?> AskAsync(ImportRun run, ImportItem item, UploadIntent? message)
    {
        var asked = planning.Check(item.Call, planning.Require(message));
        asked = item.Set?.Admit(asked) ?? asked;
        if (asked.Message.ValidateOnly)
        {
            await opening.ValidateOnlyAsync(item.Call, asked, run.Ended);
            return Known(run, item, asked, new UploadDocumentResponse(), UploadPlan.Warnings(asked.Metadata));
        }

        var (plan, earlier) = await opening.OpenAsync(item.Call, asked, run.Ended);
        if (plan is null)
        {
            return Known(run, item, asked, earlier!, []);
        }

        var receiver = receivers.New(plan, item.Call.Caller, taken => taken.Register(() => LeaveToOther(run, item)));
        item.Accept(receiver);
        await receiver.TakeUpAsync(run.Ended);
        Accept(run, item, plan, plan.UploadId.ToString(), receiver.Sink.Size);
        return null;
    }

    private ImportFinding.Known Known(
        ImportRun run, ImportItem item, UploadPlan asked, UploadDocumentResponse answer, IEnumerable<Warning> warnings)
    {
        if (item.Set is not null)
        {
            // It has no result before the others. Its caller, who may wait for one, learns that all of it is here.
            Accept(run, item, asked, "", answer.Document?.Content.SizeBytes ?? 0);
        }

        return new ImportFinding.Known(answer, warnings);
    }

    private void Accept(ImportRun run, ImportItem item, UploadPlan plan, string uploadId, long size) =>
        run.Answers.Add(new ImportDocumentsResponse
        {
            Accepted = new ImportAccepted { Item = item.Number, Accepted = receivers.Accepted(plan, uploadId, size).Accepted },
        });

    private async Task DescribeAsync(ImportRun run, ImportItem item, UploadFinish finish)
    {
        var receiver = item.Receiver!;
        ImportFinding finding;
        try
        {
            UploadMessages.CheckFinish(finish);
            finding = new ImportFinding.Good(await description.DescribeAsync(item.Call, finish, receiver), []);
        }
        catch (Exception failure)
        {
            finding = await ReleaseAsync(item, receiver, failure, finished: true, isSilent: false);
        }

        run.Book.Settle(item, finding);
    }

    /// <summary>
    /// Another call took the upload up or gave it up, which may be told at any moment, and from the thread of that call. There is nothing
    /// to release, and with a piece under way its writer ends the item.
    /// </summary>
    private static void LeaveToOther(ImportRun run, ImportItem item)
    {
        if (item.TryGiveUp())
        {
            run.Book.Settle(item, new ImportFinding.Refused(TakenOver(item)));
        }
    }

    private async Task GiveUpAsync(ImportRun run, ImportItem item, Exception failure, bool isSilent = false)
    {
        if (item.TryGiveUp())
        {
            await EndAsync(run, item, failure, isSilent);
        }
    }

    /// <summary>A document that does not come whole gets its result; what of it can be taken up waits for that.</summary>
    private async Task EndAsync(ImportRun run, ImportItem item, Exception failure, bool isSilent = false) => run.Book.Settle(
        item,
        item.Receiver is { } receiver
            ? await ReleaseAsync(item, receiver, failure, finished: false, isSilent)
            : new ImportFinding.Refused(failure, isSilent));

    private async Task<ImportFinding> ReleaseAsync(
        ImportItem item, UploadReceiver receiver, Exception failure, bool finished, bool isSilent)
    {
        var told = receiver.IsTakenOver ? TakenOver(item) : failure;
        try
        {
            await release.EndAsync(receiver, finished, told);
        }
        catch (Exception fault)
        {
            // A fault of ours. Without a result the item, and with it the call, would never end.
            told = fault;
        }

        return new ImportFinding.Refused(told, isSilent);
    }

    private static RpcException TakenOver(ImportItem item) =>
        Failures.Of(ErrorReason.UploadTakenOver, ("request_id", item.Call.Trace.RequestId ?? ""));
}
