using System.Diagnostics.CodeAnalysis;
using Dmp.Document.V1;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// One call of an import: documents are sent while results come, never more than the window of the platform allows. What is not answered
/// when it ends goes back into the queue that it was opened with.
/// </summary>
internal sealed class ImportCall : IDisposable
{
    private readonly ImportRun run;
    private readonly Queue<ImportEntry> again;
    private readonly StallGuard guard;
    private readonly AsyncDuplexStreamingCall<ImportDocumentsRequest, ImportDocumentsResponse> call;
    private readonly TaskCompletionSource<ImportWindow> window = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<long, ImportEntry> open = [];
    private readonly SemaphoreSlim room = new(0);
    private long openBytes;
    private long last;

    [SuppressMessage("Reliability", "CA2000", Justification = "The call is disposed of with this.")]
    public ImportCall(ImportRun run, DocumentService.DocumentServiceClient documents, CallToken token, Queue<ImportEntry> again)
    {
        (this.run, this.again, Token) = (run, again, token);
        guard = new StallGuard(run.ClientOptions, run.Stopped);
        call = documents.ImportDocuments(new CallOptions(credentials: token.Credentials, cancellationToken: guard.Token));
    }

    public CallToken Token { get; }

    /// <summary>How many documents were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Runs until there is nothing to send for a while, or any more; answers why it ended otherwise.</summary>
    public async Task<RpcException?> RunAsync()
    {
        var answers = ReadAnswersAsync();
        var sending = SendAsync(answers);

        // A source of documents that fails must not leave the call open.
        _ = sending.ContinueWith(_ => guard.Stop(), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        RpcException? failure = null;
        try
        {
            await answers.ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is RpcException or OperationCanceledException)
        {
            failure = guard.Stalled ? guard.ToException()
                : ended as RpcException ?? new RpcException(new Status(StatusCode.Cancelled, "The import was given up."));
        }
        finally
        {
            window.TrySetCanceled(CancellationToken.None);
            guard.Stop();
        }
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Sending ends with the call; why that ended is known from the answers.
        }
        if (failure is null && open.Count > 0)
        {
            failure = new RpcException(new Status(StatusCode.Unavailable, "The import ended before everything was answered."));
        }
        foreach (var (_, entry) in open.OrderBy(pair => pair.Key))
        {
            again.Enqueue(entry);
        }
        return failure;
    }

    public void Dispose()
    {
        call.Dispose();
        guard.Dispose();
        room.Dispose();
    }

    private async Task SendAsync(Task answers)
    {
        var window = await this.window.Task.ConfigureAwait(false);
        while (!answers.IsCompleted && await NextAsync().ConfigureAwait(false) is { } entry)
        {
            try
            {
                while (!TryBegin(entry, window))
                {
                    await room.WaitAsync(guard.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // The call ended before it had room for this one.
                lock (again)
                {
                    again.Enqueue(entry);
                }
                throw;
            }
            guard.Moved();
            if (!await call.RequestStream.TrySendAsync(
                new ImportDocumentsRequest { Document = entry.Message }, guard.Token).ConfigureAwait(false))
            {
                return;
            }
        }
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// What failed for a while comes again when its time has come; else the next document. Null when there is none for a while: the call
    /// ends then, and what still fails in it goes by the next one.
    /// </summary>
    private async Task<ImportEntry?> NextAsync()
    {
        if (Peek() is not { } waiting)
        {
            return await run.TakeAsync(patient: false, guard.Token).ConfigureAwait(false);
        }
        var time = run.ClientOptions.TimeProvider;
        var rest = time.GetElapsedTime(time.GetTimestamp(), waiting.NotBefore);
        if (waiting.NotBefore != 0 && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, time, guard.Token).ConfigureAwait(false);
        }
        lock (again)
        {
            // Nobody else takes out of it while the call runs.
            return again.Dequeue();
        }
    }

    private ImportEntry? Peek()
    {
        lock (again)
        {
            return again.TryPeek(out var entry) ? entry : null;
        }
    }

    private bool TryBegin(ImportEntry entry, ImportWindow window)
    {
        lock (again)
        {
            if (open.Count >= window.ItemsMax || open.Count > 0 && openBytes + entry.Bytes > window.BytesMax)
            {
                return false;
            }
            entry.Message!.Item = ++last;
            open.Add(last, entry);
            openBytes += entry.Bytes;
            return true;
        }
    }

    private async Task ReadAnswersAsync()
    {
        while (await call.ResponseStream.MoveNext(guard.Token).ConfigureAwait(false))
        {
            guard.Moved();
            var answer = call.ResponseStream.Current;
            switch (answer.MessageCase)
            {
                case ImportDocumentsResponse.MessageOneofCase.Window:
                    window.TrySetResult(answer.Window);
                    break;
                case ImportDocumentsResponse.MessageOneofCase.Result:
                    await ConcludeAsync(answer.Result).ConfigureAwait(false);
                    break;
                default:
                    // An answer of a newer contract says nothing that this version needs.
                    break;
            }
        }
    }

    private async Task ConcludeAsync(ImportResult result)
    {
        ImportEntry? entry;
        lock (again)
        {
            if (!open.Remove(result.Item, out entry))
            {
                return;
            }
            openBytes -= entry.Bytes;
        }
        Answered++;
        var outcome = ToOutcome(entry, result);
        if (outcome is null)
        {
            lock (again)
            {
                again.Enqueue(entry);
            }
        }
        room.Release();
        if (outcome is not null)
        {
            // Whoever does not take the outcomes is no platform that stands still.
            guard.Pause();
            await run.TellAsync(outcome).ConfigureAwait(false);
            guard.Moved();
        }
    }

    /// <summary>The outcome; null when the document is to be sent again.</summary>
    private ImportOutcome? ToOutcome(ImportEntry entry, ImportResult result)
    {
        var key = entry.Item.Key;
        if (result.Error is null)
        {
            var isWhole = result.Document is null || result.Document.Content?.Sha256.Equals(entry.Message!.Intent.ExpectedSha256) == true;
            return isWhole
                ? new ImportOutcome { Key = key, Document = result.Document, Warnings = result.Warnings }
                : new ImportOutcome
                {
                    Key = key,
                    Error = new DmpIntegrityException("The platform answered the digest of other bytes."),
                    Warnings = result.Warnings,
                };
        }
        var failure = result.Error.ToRpcException();
        var details = ErrorDetails.From(failure);
        var time = run.ClientOptions.TimeProvider;
        entry.Retries ??= new RetryPolicy(run.ClientOptions, run.ClientOptions.RetryBudget);
        if (entry.Retries.DelayAfter(failure, details, ++entry.Failures) is { } delay)
        {
            entry.NotBefore = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
            return null;
        }
        return new ImportOutcome { Key = key, Error = DmpException.From(failure), Warnings = result.Warnings };
    }
}
