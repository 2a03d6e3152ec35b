using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// One call with one submission set: the set, its documents one after the other, small ones whole and larger ones in pieces from where the
/// platform has them. Nothing of them is held after it was sent.
/// </summary>
internal sealed class ImportSetCall : IDisposable
{
    /// <summary>What a message may hold.</summary>
    private const int SmallBytesMax = 256 * 1024;

    private readonly DmpClient client;
    private readonly ImportSetRun run;
    private readonly StallGuard guard;
    private readonly AsyncDuplexStreamingCall<ImportDocumentsRequest, ImportDocumentsResponse> call;
    private readonly object gate = new();
    private readonly Dictionary<long, ImportResult> results = [];
    private readonly TaskCompletionSource<UploadAccepted?>[] accepted;

    [SuppressMessage("Reliability", "CA2000", Justification = "The call is disposed of with this.")]
    public ImportSetCall(DmpClient client, ImportSetRun run, CancellationToken ct)
    {
        (this.client, this.run, CallToken) = (client, run, client.NewCallToken());
        accepted =
            [.. run.Documents.Select(_ => new TaskCompletionSource<UploadAccepted?>(TaskCreationOptions.RunContinuationsAsynchronously))];
        guard = new StallGuard(client.Options, ct);
        call = client.Documents.ImportDocuments(new CallOptions(credentials: CallToken.Credentials, cancellationToken: guard.Token));
    }

    public CallToken CallToken { get; }

    /// <summary>The result of the set itself, which is item 1.</summary>
    public ImportResult? SetResult => results.GetValueOrDefault(1);

    /// <summary>Why a document cannot be read here.</summary>
    public DmpException? Unreadable { get; private set; }

    public ImportSetDocument? UnreadableDocument { get; private set; }

    public ImportResult? ResultOf(ImportSetDocument document) => results.GetValueOrDefault(ItemOf(document));

    /// <summary>Answers why the call ended before everything was answered; null when it was.</summary>
    public async Task<RpcException?> RunAsync()
    {
        var answers = ReadAnswersAsync();
        Exception? failure = null;
        try
        {
            await SendAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Sending ends with the call; why that ended is known from the answers.
        }
        catch
        {
            guard.Stop();
            await answers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        try
        {
            await answers.ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is RpcException or OperationCanceledException)
        {
            failure = ended;
        }
        if (SetResult is not null && (SetResult.Error is not null || run.Documents.All(document => ResultOf(document) is not null)))
        {
            return null;
        }
        return guard.Stalled ? guard.ToException()
            : failure as RpcException
            ?? new RpcException(new Status(
                failure is null ? StatusCode.Unavailable : StatusCode.Cancelled, "The import ended before everything was answered."));
    }

    public void Dispose()
    {
        call.Dispose();
        guard.Dispose();
    }

    private long ItemOf(ImportSetDocument document) => Place(document) + 2;

    private int Place(ImportSetDocument document)
    {
        for (var i = 0; ; i++)
        {
            if (run.Documents[i] == document)
            {
                return i;
            }
        }
    }

    private async Task SendAsync()
    {
        await WriteAsync(new ImportDocumentsRequest { SubmissionSet = new ImportSubmissionSet { Item = 1, Intent = run.Intent } })
            .ConfigureAwait(false);
        foreach (var document in run.Documents)
        {
            try
            {
                await SendAsync(document).ConfigureAwait(false);
            }
            catch (DmpException unreadable)
            {
                // The side is ended in order: the platform then tells the others that their set is not whole.
                (Unreadable, UnreadableDocument) = (unreadable, document);
                break;
            }
        }
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
    }

    private async Task SendAsync(ImportSetDocument document)
    {
        var content = await ImportEntry.OpenAsync(document.Item, guard.Token).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            var buffer = ArrayPool<byte>.Shared.Rent(SmallBytesMax + 1);
            var filled = await ReadAsync(content, buffer.AsMemory(0, SmallBytesMax + 1)).ConfigureAwait(false);
            if (filled > SmallBytesMax)
            {
                await SendInPiecesAsync(document, content, buffer, filled).ConfigureAwait(false);
            }
            else
            {
                document.Sha256 = SHA256.HashData(buffer.AsSpan(0, filled));
                var intent = document.Intent;
                if (intent.ExpectedSha256.IsEmpty)
                {
                    intent.ExpectedSha256 = UnsafeByteOperations.UnsafeWrap(document.Sha256);
                }
                await WriteAsync(new ImportDocumentsRequest
                {
                    Document = new ImportDocument
                    {
                        Item = ItemOf(document),
                        Intent = intent,
                        Content = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, filled)),
                    },
                }).ConfigureAwait(false);
            }

            // Only here: after a failed write gRPC might still look at the buffer, and then it is left to the collector.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The source is read from its beginning, for its digest; what the platform has is not sent again.</summary>
    private async Task SendInPiecesAsync(ImportSetDocument document, Stream content, byte[] buffer, int filled)
    {
        var item = ItemOf(document);
        await WriteAsync(
            new ImportDocumentsRequest { Intent = new ImportIntent { Item = item, Intent = document.Intent } }).ConfigureAwait(false);
        if (document.Intent.ValidateOnly
            || await this.accepted[Place(document)].Task.WaitAsync(guard.Token).ConfigureAwait(false) is not { } accepted)
        {
            return;
        }
        document.Item.Options.Accepted?.Invoke(accepted);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunkBytes = accepted.MaxChunkBytes > 0 ? Math.Min(accepted.MaxChunkBytes, SmallBytesMax) : SmallBytesMax;
        var chunk = new ImportChunk { Item = item, Chunk = new UploadChunk() };
        var message = new ImportDocumentsRequest { Chunk = chunk };
        var offset = 0L;
        while (filled > 0)
        {
            hash.AppendData(buffer, 0, filled);
            for (var from = (int)Math.Clamp(accepted.PersistedSize - offset, 0, filled); from < filled; from += chunk.Chunk.Data.Length)
            {
                if (IsAnswered(item))
                {
                    return;
                }
                (chunk.Chunk.WriteOffset, chunk.Chunk.Data) =
                    (offset + from, UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(from, Math.Min(chunkBytes, filled - from))));
                await WriteAsync(message).ConfigureAwait(false);
            }
            offset += filled;
            filled = await ReadAsync(content, buffer.AsMemory(0, SmallBytesMax)).ConfigureAwait(false);
        }
        document.Sha256 = hash.GetHashAndReset();
        var finish = new UploadFinish { Sha256 = UnsafeByteOperations.UnsafeWrap(document.Sha256), SizeBytes = offset };
        await WriteAsync(new ImportDocumentsRequest { Finish = new ImportFinish { Item = item, Finish = finish } }).ConfigureAwait(false);
    }

    private async Task<int> ReadAsync(Stream content, Memory<byte> buffer)
    {
        try
        {
            return await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, guard.Token).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (ImportEntry.IsUnreadable(unreadable, guard.Token))
        {
            throw ImportEntry.Unreadable(unreadable);
        }
    }

    private async Task WriteAsync(ImportDocumentsRequest message)
    {
        guard.Moved();
        if (!await call.RequestStream.TrySendAsync(message, guard.Token).ConfigureAwait(false))
        {
            throw new OperationCanceledException("The call has ended.");
        }
    }

    private bool IsAnswered(long item)
    {
        lock (gate)
        {
            return results.ContainsKey(item);
        }
    }

    private async Task ReadAnswersAsync()
    {
        try
        {
            while (await call.ResponseStream.MoveNext(guard.Token).ConfigureAwait(false))
            {
                guard.Moved();
                var answer = call.ResponseStream.Current;
                switch (answer.MessageCase)
                {
                    case ImportDocumentsResponse.MessageOneofCase.Accepted:
                        Accept(answer.Accepted.Item, answer.Accepted.Accepted);
                        break;
                    case ImportDocumentsResponse.MessageOneofCase.Result:
                        lock (gate)
                        {
                            results[answer.Result.Item] = answer.Result;
                        }
                        Accept(answer.Result.Item, null);
                        break;
                    default:
                        // The window has room for every set that is allowed; what a newer contract says is not needed.
                        break;
                }
            }
        }
        finally
        {
            foreach (var waiting in accepted)
            {
                waiting.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private void Accept(long item, UploadAccepted? accepted)
    {
        if (item - 2 is >= 0 and var place && place < this.accepted.Length)
        {
            this.accepted[place].TrySetResult(accepted);
        }
    }
}
