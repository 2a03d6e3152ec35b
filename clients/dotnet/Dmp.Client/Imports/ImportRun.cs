using System.Threading.Channels;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// The calls of an import. Documents go through one queue, from which each call takes what its window has room for. A call that breaks
/// gives back what was not answered, and is opened again when there is something to send.
/// </summary>
internal sealed class ImportRun(DmpClient client, ImportOptions options, ChannelWriter<ImportOutcome> outcomes, CancellationToken ct)
{
    /// <summary>What a message may hold until a window has said it.</summary>
    private const int SmallBytesMax = 256 * 1024;

    // A caller that waits for more documents keeps its call this long; the platform ends it after 30 s.
    private static readonly TimeSpan idle = TimeSpan.FromSeconds(10);

    private readonly Channel<ImportEntry> queue = Channel.CreateBounded<ImportEntry>(64);
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct);

    public DmpClientOptions ClientOptions => client.Options;

    public CancellationToken Stopped => stop.Token;

    public async Task RunAsync(IAsyncEnumerable<ImportItem> items)
    {
        using (stop)
        {
            Task[] workers = [FillAsync(items), .. Enumerable.Range(0, options.Streams).Select(_ => WorkAsync())];
            foreach (var worker in workers)
            {
                // One that cannot go on ends the others.
                _ = worker.ContinueWith(
                    _ => stop.Cancel(), CancellationToken.None, TaskContinuationOptions.NotOnRanToCompletion, TaskScheduler.Default);
            }
            await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var failed = workers.FirstOrDefault(worker => worker.IsFaulted);
            if (failed is null)
            {
                // A source may be cancelled by itself, by a time limit of its own: that is no end of the import that it may pass over.
                ct.ThrowIfCancellationRequested();
                failed = workers.FirstOrDefault(worker => worker.IsCanceled);
            }
            await (failed ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    public ValueTask TellAsync(ImportOutcome outcome) => outcomes.WriteAsync(outcome, Stopped);

    /// <summary>
    /// The next document, read; null when there is none for a while, or any more. Large ones are sent on the way, by calls of their own.
    /// What was taken is never lost: <paramref name="waiting"/> ends the wait for more, and no more than that.
    /// </summary>
    public async Task<ImportEntry?> TakeAsync(bool patient, CancellationToken waiting)
    {
        while (true)
        {
            if (!queue.Reader.TryRead(out var entry))
            {
                var more = queue.Reader.WaitToReadAsync(waiting).AsTask();
                try
                {
                    if (!await (patient ? more : more.WaitAsync(idle, ClientOptions.TimeProvider, waiting)).ConfigureAwait(false))
                    {
                        return null;
                    }
                }
                catch (TimeoutException)
                {
                    return null;
                }
                continue;
            }
            try
            {
                await entry.ReadAsync(SmallBytesMax, options.ValidateOnly, Stopped).ConfigureAwait(false);
            }
            catch (DmpException unreadable)
            {
                await TellAsync(new ImportOutcome { Key = entry.Item.Key, Error = unreadable }).ConfigureAwait(false);
                continue;
            }
            if (entry.Message is not null)
            {
                return entry;
            }
            await TellAsync(
                await client.ImportAloneAsync(entry, options.ValidateOnly, Stopped).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    public ImportCall Open(Queue<ImportEntry> again) => new(this, client.Documents, client.NewCallToken(), again);

    private async Task FillAsync(IAsyncEnumerable<ImportItem> items)
    {
        try
        {
            await foreach (var item in items.WithCancellation(Stopped).ConfigureAwait(false))
            {
                await queue.Writer.WriteAsync(new ImportEntry(item), Stopped).ConfigureAwait(false);
            }
        }
        finally
        {
            queue.Writer.TryComplete();
        }
    }

    /// <summary>One call after the other, until nothing is left.</summary>
    private async Task WorkAsync()
    {
        var retries = new RetryPolicy(ClientOptions, ClientOptions.RetryBudget);
        var again = new Queue<ImportEntry>();
        var failures = 0;
        var tokenRenewed = false;
        while (true)
        {
            if (again.Count == 0)
            {
                // Nothing is open while there is nothing to send.
                if (await TakeAsync(patient: true, Stopped).ConfigureAwait(false) is not { } next)
                {
                    return;
                }
                again.Enqueue(next);
            }
            using var call = Open(again);
            var failure = await call.RunAsync().ConfigureAwait(false);
            Stopped.ThrowIfCancellationRequested();
            if (call.Answered > 0)
            {
                (failures, tokenRenewed) = (0, false);
            }
            if (failure is null)
            {
                continue;
            }
            var details = ErrorDetails.From(failure);
            if (details.Reason == "TOKEN_EXPIRED" && (call.Answered > 0 || !tokenRenewed) && call.Token.DropIfExpired(details))
            {
                tokenRenewed = true;
                continue;
            }
            failures++;
            if (retries.DelayAfter(failure, details, failures) is { } delay)
            {
                await Task.Delay(delay, ClientOptions.TimeProvider, Stopped).ConfigureAwait(false);
                continue;
            }
            // Once the budget is spent, what follows gets one attempt each until something is answered again.
            await GiveUpAsync(again, failure, details).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Answers the documents of a call that failed for good. When the platform takes nothing from the caller, or is away, it is so for each
    /// of them; otherwise one of them may be at fault, and calls of their own tell which.
    /// </summary>
    private async Task GiveUpAsync(Queue<ImportEntry> left, RpcException failure, ErrorDetails details)
    {
        var isOfAll = RetryPolicy.IsTransient(failure, details)
            || failure.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied
            || failure.Status.DebugException is DmpException;
        while (left.TryDequeue(out var entry))
        {
            await TellAsync(isOfAll
                ? new ImportOutcome { Key = entry.Item.Key, Error = DmpException.From(failure) }
                : await client.ImportAloneAsync(entry, options.ValidateOnly, Stopped).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }
}
