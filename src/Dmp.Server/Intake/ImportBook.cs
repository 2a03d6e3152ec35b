using System.Threading.Channels;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Google.Rpc;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// The open items of an import and the rules of its dialogue; the one lock in here guards all of their states. A document is closed
/// before its result leaves: a caller that counts results never has more open here than there.
/// </summary>
internal sealed class ImportBook(ImportOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, ImportItem> open = [];
    private readonly ImportSets sets = new();
    private readonly Channel<ImportItem> due = Channel.CreateUnbounded<ImportItem>();
    private readonly TaskCompletionSource emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long openBytes;
    private long last = long.MinValue;
    private bool isEnding;

    /// <summary>
    /// What is due, in its order: documents by themselves, refused documents of sets, and sets, with which their other documents are due
    /// too.
    /// </summary>
    public ChannelReader<ImportItem> Due => due.Reader;

    /// <summary>Ends when nothing is open, once <see cref="End"/> has said that nothing more comes.</summary>
    public Task Emptied => emptied.Task;

    /// <summary>Something is whole, and it is the server's turn.</summary>
    public bool IsWorking
    {
        get
        {
            lock (gate)
            {
                return open.Values.Any(item => item.IsServersTurn);
            }
        }
    }

    /// <summary>The documents that are not whole; sets become whole by them.</summary>
    public IReadOnlyList<ImportItem> Unfinished
    {
        get
        {
            lock (gate)
            {
                return [.. open.Values.Where(item => !item.IsSet && !item.State.IsWhole())];
            }
        }
    }

    /// <summary>A document, which joins its set if it has one. Null when that refuses it, which it is told.</summary>
    public ImportItem? Begin(long number, Call call, int bytes, UploadIntent? intent)
    {
        lock (gate)
        {
            RequireRoom(number, bytes);
            RpcException? refusal = null;
            var set = Guid.TryParseExact(intent?.RequestId, "D", out var requestId) ? sets.Find(requestId, out refusal) : null;
            var item = new ImportItem(gate, number, call, bytes, set);
            set?.Add(requestId, item);
            Add(item);
            if (refusal is null)
            {
                return item;
            }

            // A refusal is an event of the record too.
            call.ReadRecordId(intent!.RecordId, new FieldFaults());
            Settle(item, new ImportFinding.Refused(refusal));
            return null;
        }
    }

    /// <summary>A set; without a plan, one that is refused.</summary>
    public void BeginSet(
        long number, Call call, SubmissionSetPlan? plan, IReadOnlyList<Guid> documentRequestIds, RpcException? refusal)
    {
        lock (gate)
        {
            RequireRoom(number, bytes: 0);
            if (plan is not null && sets.AreTaken(documentRequestIds))
            {
                (plan, refusal) = (null, Failures.FieldsInvalid([new BadRequest.Types.FieldViolation
                {
                    Field = "document_request_ids",
                    Description = "Must name no document of another set.",
                }]));
            }

            if ((plan is null ? 0 : sets.Awaited) + documentRequestIds.Count > options.WindowItems)
            {
                throw WindowExceeded();
            }

            var item = new ImportItem(gate, number, call, plan, documentRequestIds);
            sets.Add(item.Set!);
            Add(item);
            if (refusal is not null)
            {
                Settle(item, new ImportFinding.Refused(refusal));
            }
        }
    }

    /// <summary>The open document of a number; null when it has its result already.</summary>
    /// <exception cref="RpcException">Nothing of this number or a later one was begun, or it is a set that is open.</exception>
    public ImportItem? Find(long number)
    {
        lock (gate)
        {
            return open.TryGetValue(number, out var item) && !item.IsSet ? item
                : item is null && number <= last ? null
                : throw Failures.Of(ErrorReason.ImportItemUnknown, ("item", $"{number}"));
        }
    }

    /// <summary>
    /// Nothing more will become of this document before its transaction. It is due, or waits for the others of its set; refused, it is due
    /// before them, because a caller may wait for its answer before it sends the others.
    /// </summary>
    public void Settle(ImportItem item, ImportFinding finding)
    {
        lock (gate)
        {
            if (item.Set is null || finding is ImportFinding.Refused)
            {
                item.Queue(finding);
                due.Writer.TryWrite(item);
            }
            else
            {
                item.Wait(finding);
            }

            if (item is { IsSet: false, Set: { } set })
            {
                QueueIfReady(set);
            }
        }
    }

    /// <summary>No documents of sets come any more. Sets that are not whole become due, when what came of them is settled.</summary>
    public void EndSets(bool isOrderly)
    {
        lock (gate)
        {
            foreach (var set in sets.Open)
            {
                if (set.Awaited > 0 || set.IsSending)
                {
                    set.Break(isSilent: !isOrderly);
                }

                QueueIfReady(set);
            }
        }
    }

    /// <summary>The window has room again, and the memory of the server.</summary>
    public void Close(ImportItem item)
    {
        item.Close();
        lock (gate)
        {
            open.Remove(item.Number);
            openBytes -= item.Bytes;
            EndIfEmpty();
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void End()
    {
        lock (gate)
        {
            isEnding = true;
            EndIfEmpty();
        }
    }

    private void RequireRoom(long number, int bytes)
    {
        if (number <= last)
        {
            throw Failures.Of(ErrorReason.ImportItemRepeated, ("item", $"{number}"), ("last_item", $"{last}"));
        }

        if (open.Count >= options.WindowItems || openBytes + bytes > options.WindowBytes)
        {
            throw WindowExceeded();
        }
    }

    private RpcException WindowExceeded() => Failures.Of(
        ErrorReason.ImportWindowExceeded, ("items_max", $"{options.WindowItems}"), ("bytes_max", $"{options.WindowBytes}"));

    private void Add(ImportItem item)
    {
        last = item.Number;
        open.Add(item.Number, item);
        openBytes += item.Bytes;
    }

    private void QueueIfReady(ImportSet set)
    {
        if (!set.IsReady)
        {
            return;
        }

        sets.Remove(set);
        foreach (var (_, document) in set.Members)
        {
            document.Queue();
        }

        set.Item.Queue();
        due.Writer.TryWrite(set.Item);
    }

    private void EndIfEmpty()
    {
        if (isEnding && open.Count == 0)
        {
            due.Writer.TryComplete();
            emptied.TrySetResult();
        }
    }
}
