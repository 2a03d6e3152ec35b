using System.Threading.Channels;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>One import under way: this part takes the documents in, the other commits and answers them.</summary>
internal sealed partial class ImportRun(
    IntakeStages intake,
    ImportMemory memory,
    ImportFailures failures,
    ImportOptions limits,
    int intentBytesMax,
    TimeProvider time,
    Call call,
    IServerStreamWriter<ImportDocumentsResponse> responses,
    CancellationToken ct)
{
    private readonly Channel<ImportItem> complete = Channel.CreateUnbounded<ImportItem>();

    public ImportBook Book { get; } = new(limits);

    public ImportAnswers Answers { get; } = new(responses);

    /// <summary>Reads to the end of the caller's side.</summary>
    public async Task ReadAsync(ImportMessages messages)
    {
        Answers.Add(new ImportDocumentsResponse
        {
            Window = new ImportWindow
            {
                ItemsMax = limits.WindowItems,
                BytesMax = limits.WindowBytes,
                DocumentBytesMax = UploadSink.SmallBytesMax,
            },
        });
        while (await messages.MoveNextAsync())
        {
            var message = messages.Current;
            switch (message.MessageCase)
            {
                case ImportDocumentsRequest.MessageOneofCase.Document:
                    await BeginAsync(message.Document);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Intent:
                    Begin(message.Intent);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.SubmissionSet:
                    Begin(message.SubmissionSet);
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Chunk when Book.Find(message.Chunk.Item) is { } item:
                    await AppendAsync(item, message.Chunk.Chunk ?? new UploadChunk());
                    break;

                case ImportDocumentsRequest.MessageOneofCase.Finish when Book.Find(message.Finish.Item) is { } item:
                    await FinishAsync(item, message.Finish.Finish ?? new UploadFinish());
                    break;

                case ImportDocumentsRequest.MessageOneofCase.None:
                    throw Failures.Of(ErrorReason.UploadIntentMissing);

                default:
                    // A piece of a document that has its result already.
                    break;
            }
        }
    }

    /// <summary>
    /// Nothing more is read. What did not come whole is given up until it is taken up; only a caller that ended in order is told, for
    /// every other knows. Then the documents that are whole are waited for.
    /// </summary>
    public async Task EndAsync(bool isOrderly)
    {
        await EndSetsAsync(isOrderly);
        foreach (var item in Book.Unfinished)
        {
            await item.Opening;
            item.IsSilent = !isOrderly;
            await GiveUpAsync(item, Failures.Of(isOrderly ? ErrorReason.UploadIncomplete : ErrorReason.CallCancelled));
        }

        Book.End();
        await Book.Emptied.WaitAsync(ct);
        complete.Writer.Complete();
    }

    /// <summary>Lets go of what is still held when the call breaks.</summary>
    public async Task LeaveAsync()
    {
        await EndSetsAsync(isOrderly: false);
        foreach (var item in Book.Unfinished)
        {
            await item.Opening;
            await GiveUpAsync(item, Failures.Of(ErrorReason.CallCancelled));
        }

        Book.End();
        while (!Book.Emptied.IsCompleted)
        {
            foreach (var item in PartsOf(await complete.Reader.ReadAsync(CancellationToken.None)))
            {
                await CloseAsync(item);
            }
        }
    }

    private async Task BeginAsync(ImportDocument message)
    {
        var item = new ImportItem(message.Item, call.ForItem(time.GetTimestamp()), message.Content.Length) { IsWhole = true };
        Book.Begin(item);
        if (!TryJoin(item, message.Intent, out var refusal))
        {
            Conclude(item, refusal);
            return;
        }

        if (item.Set is null)
        {
            memory.Add(item.Bytes);
            item.Release = () => memory.Release(item.Bytes);
        }
        else if (memory.TryAddForSet(item.Bytes))
        {
            item.Release = () => memory.ReleaseOfSet(item.Bytes);
        }
        else
        {
            Conclude(item, Failures.Of(ErrorReason.SubmissionSetsBusy));
            return;
        }

        _ = Task.Run(() => PrepareAsync(item, message), CancellationToken.None);
        if (item.Set is null)
        {
            await memory.RoomAsync(ct);
        }
    }

    /// <summary>All that can be said about a small document without the database. Never fails: the item is told.</summary>
    private async Task PrepareAsync(ImportItem item, ImportDocument message)
    {
        try
        {
            var intent = intake.Planning.Check(item.Call, Required(message.Intent));
            RequireOfSet(item, intent);
            item.Warnings.AddRange(UploadPlan.Warnings(intent.Metadata));
            var faults = FieldFaults.OfLimits(message);
            faults.Require(
                message.Content.Length <= UploadSink.SmallBytesMax,
                "content",
                $"Must have at most {UploadSink.SmallBytesMax} bytes. Send a larger document as intent, chunks and finish.");
            faults.ThrowIfAny();
            var bytes = message.Content.Memory;
            var content = ContentDigest.Of(bytes.Span);
            UploadFinish finish = new() { SizeBytes = content.Size, Sha256 = UnsafeByteOperations.UnsafeWrap(content.Sha256) };
            UploadContentRules.RequireAnnounced(finish, intent.Message, content);
            var sniffer = new ContentSniffer();
            sniffer.Observe(bytes.Span);
            item.Upload = await intake.Description.DescribeAsync(
                item.Call, intent, content, sniffer.Conclude(), new MemoryContent(bytes), bytes, recordKeyId: null, ct);
        }
        catch (Exception failure)
        {
            item.Failure = failure;
        }

        Settle(item);
    }

    private UploadIntent Required(UploadIntent? intent)
    {
        if (intent is null)
        {
            throw Failures.Of(ErrorReason.UploadIntentMissing);
        }

        return intent.CalculateSize() <= intentBytesMax
            ? intent
            : throw Failures.Of(ErrorReason.MessageTooLarge, ("limit_bytes", $"{intentBytesMax}"));
    }
}
