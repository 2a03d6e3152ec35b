using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>The messages of an import, read one by one and given to what they are about.</summary>
internal sealed class ImportReading(
    ImportSmall small,
    ImportPieces pieces,
    IHostApplicationLifetime lifetime,
    IOptions<UploadOptions> uploadOptions,
    IOptions<ImportOptions> importOptions,
    TimeProvider time)
{
    /// <summary>Reads to the end of the caller's side.</summary>
    public async Task ReadAsync(ImportRun run, IAsyncStreamReader<ImportDocumentsRequest> requests, CancellationToken callerLeft)
    {
        run.Answers.Add(new ImportDocumentsResponse
        {
            Window = new ImportWindow
            {
                ItemsMax = importOptions.Value.WindowItems,
                BytesMax = importOptions.Value.WindowBytes,
                DocumentBytesMax = UploadSink.SmallBytesMax,
            },
        });
        var messages = new ImportMessages(requests, run.Call, run.Book, lifetime, uploadOptions.Value, time, callerLeft);
        while (await messages.MoveNextAsync())
        {
            var message = messages.Current;
            switch (message.MessageCase)
            {
                case ImportDocumentsRequest.MessageOneofCase.Document:
                    await small.BeginAsync(run, message.Document);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Intent:
                    pieces.Begin(run, message.Intent);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.SubmissionSet:
                    BeginSet(run, message.SubmissionSet);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Chunk when run.Book.Find(message.Chunk.Item) is { } item:
                    await pieces.AppendAsync(run, item, message.Chunk.Chunk ?? new UploadChunk());
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Finish when run.Book.Find(message.Finish.Item) is { } item:
                    await pieces.FinishAsync(run, item, message.Finish.Finish ?? new UploadFinish());
                    break;

                case ImportDocumentsRequest.MessageOneofCase.None:
                    throw Failures.Of(ErrorReason.UploadIntentMissing);

                default:
                    // A piece of a document that has its result already.
                    break;
            }
        }
    }

    /// <summary>A submission set: its documents are received like all others, and wait for each other before they are committed.</summary>
    private void BeginSet(ImportRun run, ImportSubmissionSet message)
    {
        if (MessageFaults.Of(message).Any(fault => fault.Field is "intent" or "intent.document_request_ids"))
        {
            // It is not known which documents must not be stored without the set.
            FieldFaults.OfLimits(message).ThrowIfAny();
        }

        var call = run.Call.ForItem(time.GetTimestamp());
        SubmissionSetPlan? plan = null;
        RpcException? refusal = null;
        try
        {
            var intent = message.Intent ?? throw Failures.Of(ErrorReason.UploadIntentMissing);
            plan = SubmissionSetPlan.Check(call, intent, importOptions.Value, time.GetUtcNow());
        }
        catch (RpcException fault)
        {
            refusal = fault;
        }

        var ids = (message.Intent?.DocumentRequestIds ?? []).Select(id => Guid.TryParseExact(id, "D", out var known) ? known : Guid.Empty)
            .Where(id => id != Guid.Empty).Distinct().ToList();
        run.Book.BeginSet(message.Item, call, plan, ids, refusal);
    }
}
