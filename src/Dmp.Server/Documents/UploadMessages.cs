using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;

namespace Dmp.Server.Documents;

/// <summary>
/// The caller's side of an upload as the contract orders it: one intent, chunks that follow each other, one finish,
/// nothing after it, and never a long silence.
/// </summary>
internal sealed class UploadMessages : IDisposable
{
    private readonly IAsyncStreamReader<UploadDocumentRequest> requests;
    private readonly UploadOptions options;
    private readonly CancellationToken callerLeft;
    private readonly CancellationTokenSource silence;

    public UploadMessages(IAsyncStreamReader<UploadDocumentRequest> requests, UploadOptions options, CancellationToken callerLeft)
    {
        this.requests = requests;
        this.options = options;
        this.callerLeft = callerLeft;
        silence = CancellationTokenSource.CreateLinkedTokenSource(callerLeft);
    }

    /// <summary>The last message, once <see cref="ReadAsync"/> answered null.</summary>
    public UploadFinish? Finish { get; private set; }

    public async Task<UploadIntent> ReadIntentAsync()
    {
        if (!await MoveNextAsync() || requests.Current.MessageCase != UploadDocumentRequest.MessageOneofCase.Intent)
        {
            throw Failures.Of(ErrorReason.UploadIntentMissing);
        }

        var intent = requests.Current.Intent;
        return intent.CalculateSize() <= options.IntentBytesMax
            ? intent
            : throw Failures.Of(ErrorReason.MessageTooLarge, ("limit_bytes", $"{options.IntentBytesMax}"));
    }

    /// <summary>The next chunk, which starts at <paramref name="offset"/>; null after the finish.</summary>
    public async Task<UploadChunk?> ReadAsync(long offset)
    {
        if (!await MoveNextAsync())
        {
            throw Failures.Of(ErrorReason.UploadIncomplete);
        }

        switch (requests.Current.MessageCase)
        {
            case UploadDocumentRequest.MessageOneofCase.Chunk:
                return Checked(requests.Current.Chunk, offset);

            case UploadDocumentRequest.MessageOneofCase.Finish:
                Finish = requests.Current.Finish;
                var faults = FieldFaults.Of(Finish);
                faults.Require(Finish.Sha256.Length is 0 or 32, "finish.sha256", "Must have 32 bytes.");
                faults.ThrowIfAny();
                return null;

            default:
                throw Failures.Of(ErrorReason.UploadIntentRepeated);
        }
    }

    public void Dispose() => silence.Dispose();

    private UploadChunk Checked(UploadChunk chunk, long offset)
    {
        if (chunk.Data.Length > options.ChunkBytesMax)
        {
            throw Failures.Of(ErrorReason.UploadChunkTooLarge, ("limit_bytes", $"{options.ChunkBytesMax}"));
        }

        return chunk.WriteOffset == offset
            ? chunk
            : throw Failures.Of(ErrorReason.UploadOffsetWrong, ("persisted_size", $"{offset}"));
    }

    private async Task<bool> MoveNextAsync()
    {
        silence.CancelAfter(TimeSpan.FromSeconds(options.StallSecondsMax));
        try
        {
            return await requests.MoveNext(silence.Token);
        }
        catch (Exception) when (silence.IsCancellationRequested && !callerLeft.IsCancellationRequested)
        {
            throw Failures.Of(ErrorReason.UploadStalled, ("limit_seconds", $"{options.StallSecondsMax}"));
        }
    }
}
