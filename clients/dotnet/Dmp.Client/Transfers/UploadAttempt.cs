using System.Buffers;
using Dmp.Document.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Client;

/// <summary>
/// One stream of an upload: intent or resume, wait for `accepted`, chunks from where the platform says, finish. Answers are read while
/// chunks are sent, because a refusal, or the answer to a repeated upload, may come at any time and ends the sending.
/// </summary>
internal sealed class UploadAttempt : IDisposable
{
    // Big enough that the per-message cost does not matter, small enough that memory does not.
    private const int ChunkBytesWanted = 256 * 1024;

    // The platform gives up after 30 s without a message; a slow source is bridged with empty chunks.
    private readonly TimeSpan keepAlive;

    private readonly UploadRun run;
    private readonly UploadOptions options;
    private readonly IProgress<TransferProgress>? progress;
    private readonly StallGuard guard;
    private readonly TimeProvider time;
    private readonly AsyncDuplexStreamingCall<UploadDocumentRequest, UploadDocumentResponse> call;
    private readonly TaskCompletionSource<UploadAccepted> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long sent;
    private long confirmed;

    public UploadAttempt(
        DocumentService.DocumentServiceClient documents,
        CallCredentials credentials,
        UploadRun run,
        UploadOptions options,
        IProgress<TransferProgress>? progress,
        DmpClientOptions clientOptions,
        CancellationToken cancellationToken)
    {
        this.run = run;
        this.options = options;
        this.progress = progress;
        time = clientOptions.TimeProvider;
        keepAlive = TimeSpan.FromTicks(Math.Min(TimeSpan.FromSeconds(10).Ticks, clientOptions.TransferStallTimeout.Ticks / 2));
        guard = new StallGuard(clientOptions, cancellationToken);
        call = documents.UploadDocument(new CallOptions(credentials: credentials, cancellationToken: guard.Token));
    }

    /// <summary>Runs the dialogue. Throws what gRPC throws; a stall is UNAVAILABLE.</summary>
    public async Task<DocumentEntry> RunAsync()
    {
        var answers = ReadAnswersAsync();
        try
        {
            await SendAsync(answers).ConfigureAwait(false);
        }
        catch
        {
            // Writes never throw, so the source failed: the call must not stay open, nor the reader be left behind.
            guard.Stop();
            await ((Task)answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (guard.Stalled)
            {
                throw guard.ToException();
            }
            throw;
        }

        DocumentEntry document;
        try
        {
            document = await answers.ConfigureAwait(false);
        }
        catch (Exception failure) when (guard.Stalled && failure is RpcException or OperationCanceledException)
        {
            throw guard.ToException();
        }
        await VerifyAsync(document).ConfigureAwait(false);
        return document;
    }

    public void Dispose()
    {
        call.Dispose();
        guard.Dispose();
    }

    private async Task<DocumentEntry> ReadAnswersAsync()
    {
        DocumentEntry? document = null;
        try
        {
            while (await call.ResponseStream.MoveNext(guard.Token).ConfigureAwait(false))
            {
                guard.Moved();
                var answer = call.ResponseStream.Current;
                switch (answer.MessageCase)
                {
                    case UploadDocumentResponse.MessageOneofCase.Accepted:
                        options.Accepted?.Invoke(answer.Accepted);
                        run.Accept();
                        Confirm(answer.Accepted.PersistedSize);
                        accepted.TrySetResult(answer.Accepted);
                        break;
                    case UploadDocumentResponse.MessageOneofCase.Progress:
                        Confirm(answer.Progress.PersistedSize);
                        break;
                    case UploadDocumentResponse.MessageOneofCase.Document:
                        document = answer.Document;
                        if (answer.Warnings.Count > 0)
                        {
                            options.Warned?.Invoke(answer.Warnings);
                        }
                        break;
                    default:
                        // A message of a newer contract says nothing that this version needs.
                        break;
                }
            }
        }
        catch (RpcException) when (document is not null)
        {
            // The document is durable once it was answered; a line that breaks afterwards changes nothing.
        }
        finally
        {
            accepted.TrySetCanceled(CancellationToken.None);
        }
        return document ?? throw new RpcException(new Status(StatusCode.Unavailable, "The upload ended without an answer."));
    }

    private async Task SendAsync(Task answers)
    {
        if (!await TryWriteAsync(run.FirstMessage).ConfigureAwait(false))
        {
            return;
        }
        await Task.WhenAny(this.accepted.Task, answers).ConfigureAwait(false);
        if (!this.accepted.Task.IsCompletedSuccessfully)
        {
            return;
        }
        var accepted = await this.accepted.Task.ConfigureAwait(false);
        var limit = accepted.MaxChunkBytes;
        var chunkBytes = limit > 0 ? Math.Min(limit, ChunkBytesWanted) : ChunkBytesWanted;
        await GoToAsync(accepted.PersistedSize).ConfigureAwait(false);

        var buffer = ArrayPool<byte>.Shared.Rent(chunkBytes);
        if (await SendChunksAsync(buffer.AsMemory(0, chunkBytes), answers).ConfigureAwait(false))
        {
            // Only here: after a failed write gRPC might still look at the buffer, and then it is left to the collector.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends the source to its end, or until the answer is there; false when a write failed.</summary>
    private async Task<bool> SendChunksAsync(Memory<byte> buffer, Task answers)
    {
        var chunk = new UploadChunk();
        var message = new UploadDocumentRequest { Chunk = chunk };
        while (!answers.IsCompleted)
        {
            var filled = await FillAsync(buffer, answers).ConfigureAwait(false);
            var data = buffer[..filled];
            run.Observe(sent, data.Span);
            if (filled > 0 && !answers.IsCompleted)
            {
                chunk.WriteOffset = sent;
                // No copy: the buffer is written again only after this write has completed.
                chunk.Data = UnsafeByteOperations.UnsafeWrap(data);
                chunk.Crc32C = Crc32C.Of(data.Span);
                if (!await TryWriteAsync(message).ConfigureAwait(false))
                {
                    sent += filled;
                    return false;
                }
            }
            // What was read but no longer sent still belongs to the digest, and so to the size.
            sent += filled;
            if (filled == 0)
            {
                return await FinishAsync().ConfigureAwait(false);
            }
            Report();
        }
        return true;
    }

    /// <summary>
    /// Goes to where the platform wants to go on. Bytes that it has and this process never read, because an earlier one sent them, are read
    /// for the digest.
    /// </summary>
    private async Task GoToAsync(long offset)
    {
        if (!run.Content.CanSeek)
        {
            if (offset != run.Hashed)
            {
                throw new RpcException(new Status(StatusCode.DataLoss, "The source cannot go to where the platform goes on."));
            }
            sent = offset;
            return;
        }
        sent = Math.Min(offset, run.Hashed);
        run.Seek(sent);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytesWanted);
        while (sent < offset)
        {
            var read = await run.Content.ReadAsync(
                buffer.AsMemory(0, (int)Math.Min(buffer.Length, offset - sent)), guard.Token).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }
            guard.Moved();
            run.Observe(sent, buffer.AsSpan(0, read));
            sent += read;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        Report();
    }

    private async Task<bool> FinishAsync()
    {
        var finish = new UploadFinish { Sha256 = ByteString.CopyFrom(run.Digest()), SizeBytes = sent };
        if (!await TryWriteAsync(new UploadDocumentRequest { Finish = finish }).ConfigureAwait(false))
        {
            return false;
        }
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return true;
    }

    private async Task<bool> TryWriteAsync(UploadDocumentRequest message)
    {
        var isSent = await call.RequestStream.TrySendAsync(message, guard.Token).ConfigureAwait(false);
        if (isSent)
        {
            guard.Moved();
        }
        return isSent;
    }

    /// <summary>Fills the buffer from the source, and keeps the stream alive while the source is slow.</summary>
    private async Task<int> FillAsync(Memory<byte> buffer, Task answers)
    {
        var reading = run.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, guard.Token);
        if (reading.IsCompletedSuccessfully)
        {
            return reading.Result;
        }
        var source = reading.AsTask();
        while (true)
        {
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(guard.Token);
            await Task.WhenAny(source, answers, Task.Delay(keepAlive, time, timer.Token)).ConfigureAwait(false);
            await timer.CancelAsync().ConfigureAwait(false);
            if (source.IsCompleted || answers.IsCompletedSuccessfully)
            {
                return await source.ConfigureAwait(false);
            }
            if (answers.IsCompleted)
            {
                // Refused while the source was still thinking: it is asked to stop, and what it says no longer matters.
                guard.Stop();
                await ((Task)source).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return 0;
            }
            await TryWriteAsync(new UploadDocumentRequest { Chunk = new UploadChunk { WriteOffset = sent } }).ConfigureAwait(false);
        }
    }

    /// <summary>The platform holds exactly the bytes of this stream, or the caller learns that it does not.</summary>
    private async Task VerifyAsync(DocumentEntry document)
    {
        var content = document.Content ?? throw new DmpIntegrityException("The platform answered a document without digest.");
        byte[] sha256;
        long size;
        if (options.ExpectedSha256.Length > 0 && sent == 0 && run.Hashed == 0)
        {
            // Answered before anything was sent: the caller's digest decides, the bytes need not even be read.
            sha256 = options.ExpectedSha256.ToArray();
            size = run.Intent.HasExpectedSizeBytes ? run.Intent.ExpectedSizeBytes : content.SizeBytes;
        }
        else
        {
            await HashRestAsync().ConfigureAwait(false);
            sha256 = run.Digest();
            size = run.Hashed;
        }
        if (size != content.SizeBytes || !content.Sha256.Span.SequenceEqual(sha256))
        {
            throw new DmpIntegrityException(
                $"The platform answered the digest of other bytes for document {document.DocumentId}: "
                + $"{content.SizeBytes} bytes where {size} were sent.");
        }
        confirmed = size;
        sent = size;
        Report();
    }

    // Empty after a whole upload; the rest of the source when the answer came before the end of it.
    private async Task HashRestAsync()
    {
        if (run.Content.CanSeek)
        {
            sent = run.Hashed;
            run.Seek(sent);
        }
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytesWanted);
        int read;
        while ((read = await run.Content.ReadAsync(buffer, guard.Token).ConfigureAwait(false)) > 0)
        {
            guard.Moved();
            run.Observe(sent, buffer.AsSpan(0, read));
            sent += read;
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Confirm(long persistedSize)
    {
        Interlocked.Exchange(ref confirmed, persistedSize);
        run.Confirmed = Math.Max(run.Confirmed, persistedSize);
    }

    private void Report() => progress?.Report(new TransferProgress(
        sent, Math.Min(sent, Interlocked.Read(ref confirmed)), run.Intent.HasExpectedSizeBytes ? run.Intent.ExpectedSizeBytes : null));
}
