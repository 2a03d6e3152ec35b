using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;

namespace Dmp.Server.Intake;

/// <summary>Documents of an import that come in pieces: each is an upload of its own, received as UploadDocument receives one.</summary>
internal sealed partial class ImportRun
{
    private void Begin(ImportIntent message)
    {
        var item = new ImportItem(message.Item, call.ForItem(time.GetTimestamp()), UploadSink.SmallBytesMax);
        Book.Begin(item);
        if (TryJoin(item, message.Intent, out var refusal))
        {
            item.Opening = OpenAsync(item, message.Intent);
        }
        else
        {
            Conclude(item, refusal);
        }
    }

    /// <summary>Never fails: the item is told.</summary>
    private async Task OpenAsync(ImportItem item, UploadIntent? message)
    {
        try
        {
            await Task.Yield();
            var intent = Required(message);
            if (intent.ValidateOnly)
            {
                var plan = intake.Planning.Check(item.Call, intent);
                RequireOfSet(item, plan);
                await intake.Opening.ValidateOnlyAsync(item.Call, plan, ct);
                item.Warnings.AddRange(UploadPlan.Warnings(plan.Metadata));
                item.Earlier = new UploadDocumentResponse();
                Await(item, plan, 0);
                Conclude(item, null);
                return;
            }

            UploadPlan? asked = null;
            (item.Plan, item.Earlier) = await intake.Opening.OpenAsync(item.Call, intent, ct, plan => RequireOfSet(item, asked = plan));
            if (item.Earlier is not null)
            {
                Await(item, asked!, item.Earlier.Document.Content.SizeBytes);
                Conclude(item, null);
                return;
            }

            item.Receiver = intake.Receivers.New(
                item.Plan!, item.Call.Caller, taken => taken.Register(() => _ = Task.Run(() => GiveUpAsync(item, TakenOver(item)))));
            await item.Receiver.TakeUpAsync(ct);
            Answers.Add(new ImportDocumentsResponse
            {
                Accepted = new ImportAccepted
                {
                    Item = item.Number,
                    Accepted = intake.Receivers.Accepted(item.Plan!, item.Plan!.UploadId.ToString(), item.Receiver.Sink.Size).Accepted,
                },
            });
        }
        catch (Exception failure)
        {
            await GiveUpAsync(item, failure);
        }
    }

    /// <summary>
    /// A document of a set that needs no bytes has no result before the others: its caller, who may wait for one, learns that all of it
    /// is here.
    /// </summary>
    private void Await(ImportItem item, UploadPlan plan, long size)
    {
        if (item.Set is not null)
        {
            Answers.Add(new ImportDocumentsResponse
            {
                Accepted = new ImportAccepted { Item = item.Number, Accepted = intake.Receivers.Accepted(plan, "", size).Accepted },
            });
        }
    }

    private async Task AppendAsync(ImportItem item, UploadChunk chunk)
    {
        await item.Opening;
        Exception? failure = null;
        await item.Turn.WaitAsync(ct);
        try
        {
            if (item.IsWhole)
            {
                // Refused in the meantime.
                return;
            }

            var receiver = item.Receiver!;
            await receiver.AppendAsync(chunk);
            if (chunk.Flush || receiver.Sink.PersistedSize - item.ToldSize >= UploadReceivers.ProgressBytes)
            {
                item.ToldSize = chunk.Flush ? await receiver.FlushAsync() : receiver.Sink.PersistedSize;
                Answers.Add(new ImportDocumentsResponse
                {
                    Progress = new ImportProgress { Item = item.Number, Progress = new UploadProgress { PersistedSize = item.ToldSize } },
                });
            }
        }
        catch (Exception refusal)
        {
            failure = refusal;
        }
        finally
        {
            item.Turn.Release();
        }

        if (failure is not null)
        {
            await GiveUpAsync(item, failure);
        }
    }

    private async Task FinishAsync(ImportItem item, UploadFinish finish)
    {
        await item.Opening;
        await item.Turn.WaitAsync(ct);
        try
        {
            if (item.IsWhole)
            {
                return;
            }

            item.IsWhole = true;
        }
        finally
        {
            item.Turn.Release();
        }

        _ = Task.Run(
            async () =>
            {
                try
                {
                    UploadMessages.CheckFinish(finish);
                    item.Upload = await intake.Description.CompleteAsync(
                        item.Call, item.Plan!, finish, item.Receiver!.Sink, item.Receiver.LetGo);
                }
                catch (Exception failure)
                {
                    item.Failure = item.Receiver!.IsTakenOver ? TakenOver(item) : failure;
                    await intake.Release.EndAsync(item.Call.Caller, item.Plan!, item.Receiver, finished: true, item.Failure);
                }

                Settle(item);
            },
            CancellationToken.None);
    }

    /// <summary>A document that does not come whole gets its result; what of it can be taken up waits for that.</summary>
    private async Task GiveUpAsync(ImportItem item, Exception failure)
    {
        await item.Turn.WaitAsync(CancellationToken.None);
        try
        {
            if (item.IsWhole)
            {
                return;
            }

            item.IsWhole = true;
        }
        finally
        {
            item.Turn.Release();
        }

        if (item.Receiver is { } receiver)
        {
            failure = receiver.IsTakenOver ? TakenOver(item) : failure;
            await intake.Release.EndAsync(item.Call.Caller, item.Plan!, receiver, finished: false, failure);
        }

        Conclude(item, failure);
    }

    private void Conclude(ImportItem item, Exception? failure)
    {
        (item.IsWhole, item.Failure) = (true, failure);
        Settle(item);
    }

    private static Grpc.Core.RpcException TakenOver(ImportItem item) =>
        Failures.Of(ErrorReason.UploadTakenOver, ("request_id", item.Call.Trace.RequestId ?? ""));
}
