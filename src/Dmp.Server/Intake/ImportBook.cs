using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;

namespace Dmp.Server.Intake;

/// <summary>
/// Which documents of an import are open, and the rules of its dialogue. A document is closed before its result leaves: a caller that counts results
/// never has more open here than there.
/// </summary>
internal sealed class ImportBook(ImportOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, ImportItem> open = [];
    private readonly TaskCompletionSource emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long openBytes;
    private long last = long.MinValue;
    private bool isEnding;

    /// <summary>Ends when nothing is open, once <see cref="End"/> has said that nothing more comes.</summary>
    public Task Emptied => emptied.Task;

    /// <summary>Something is whole, and it is the server's turn.</summary>
    public bool IsWorking
    {
        get
        {
            lock (gate)
            {
                return open.Values.Any(item => item.IsWorking);
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
                return [.. open.Values.Where(item => !item.IsWhole && item.Set?.Item != item)];
            }
        }
    }

    public void Begin(ImportItem item)
    {
        lock (gate)
        {
            if (item.Number <= last)
            {
                throw Failures.Of(ErrorReason.ImportItemRepeated, ("item", $"{item.Number}"), ("last_item", $"{last}"));
            }

            if (open.Count >= options.WindowItems || openBytes + item.Bytes > options.WindowBytes)
            {
                throw Failures.Of(
                    ErrorReason.ImportWindowExceeded, ("items_max", $"{options.WindowItems}"), ("bytes_max", $"{options.WindowBytes}"));
            }

            last = item.Number;
            open.Add(item.Number, item);
            openBytes += item.Bytes;
        }
    }

    /// <summary>The open document of a number; null when it has its result already.</summary>
    /// <exception cref="Grpc.Core.RpcException">It was never begun.</exception>
    public ImportItem? Find(long number)
    {
        lock (gate)
        {
            return open.TryGetValue(number, out var item) ? item
                : number <= last ? null
                : throw Failures.Of(ErrorReason.ImportItemUnknown, ("item", $"{number}"));
        }
    }

    public void Close(ImportItem item)
    {
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

    private void EndIfEmpty()
    {
        if (isEnding && open.Count == 0)
        {
            emptied.TrySetResult();
        }
    }
}
