using System.IO.Hashing;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Grpc.Core;

namespace Dmp.Server.Intake;

/// <summary>
/// The caller's side of an upload as the contract orders it: one intent or resume, chunks that follow each other, one finish,
/// nothing after it, and never a long silence.
/// </summary>
internal sealed class UploadMessages : IDisposable
{
    private readonly IAsyncStreamReader<UploadDocumentRequest> requests;
    private readonly UploadOptions options;
    private readonly CancellationToken callerLeft;
    private readonly CancellationTokenSource silence;
    private CancellationTokenRegistration ending;
    private CancellationToken ended;

    public UploadMessages(IAsyncStreamReader<UploadDocumentRequest> requests, UploadOptions options, CancellationToken callerLeft)
    {
        this.requests = requests;
        this.options = options;
        this.callerLeft = callerLeft;
        silence = CancellationTokenSource.CreateLinkedTokenSource(callerLeft);
    }

    /// <summary>The last message, once <see cref="ReadAsync"/> answered null.</summary>
    public UploadFinish? Finish { get; private set; }

    /// <summary>The first message: an intent or a resume.</summary>
    public async Task<UploadDocumentRequest> ReadFirstAsync()
    {
        if (!await MoveNextAsync() || requests.Current is not { Intent: not null } and not { Resume: not null })
        {
            throw Failures.Of(ErrorReason.UploadIntentMissing);
        }

        return requests.Current.CalculateSize() <= options.IntentBytesMax
            ? requests.Current
            : throw Failures.Of(ErrorReason.MessageTooLarge, ("limit_bytes", $"{options.IntentBytesMax}"));
    }

    /// <summary>The next chunk; null after the finish.</summary>
    public async Task<UploadChunk?> ReadAsync()
    {
        if (!await MoveNextAsync())
        {
            throw Failures.Of(ErrorReason.UploadIncomplete);
        }

        switch (requests.Current.MessageCase)
        {
            case UploadDocumentRequest.MessageOneofCase.Chunk:
                return requests.Current.Chunk;

            case UploadDocumentRequest.MessageOneofCase.Finish:
                Finish = requests.Current.Finish;
                CheckFinish(Finish);
                return null;

            default:
                throw Failures.Of(ErrorReason.UploadIntentRepeated);
        }
    }

    public static void CheckFinish(UploadFinish finish)
    {
        var faults = FieldFaults.Of(finish);
        faults.Require(finish.Sha256.Length is 0 or 32, "finish.sha256", "Must have 32 bytes.");
        faults.ThrowIfAny();
    }

    /// <summary>The bytes of a chunk that are not here yet, when <paramref name="size"/> bytes are.</summary>
    public static ReadOnlyMemory<byte> FreshBytes(UploadChunk chunk, long size, UploadOptions options)
    {
        if (chunk.Data.Length > options.ChunkBytesMax)
        {
            throw Failures.Of(ErrorReason.UploadChunkTooLarge, ("limit_bytes", $"{options.ChunkBytesMax}"));
        }

        if (chunk.WriteOffset < 0 || chunk.WriteOffset > size)
        {
            throw Failures.Of(ErrorReason.UploadOffsetWrong, ("persisted_size", $"{size}"));
        }

        if (chunk.HasCrc32C && Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, chunk.Data.Span) != chunk.Crc32C)
        {
            throw Failures.Of(ErrorReason.UploadChunkDamaged, ("write_offset", $"{chunk.WriteOffset}"));
        }

        return chunk.Data.Memory[(int)Math.Min(chunk.Data.Length, size - chunk.WriteOffset)..];
    }

    /// <summary>No more messages are read once this is cancelled.</summary>
    public void EndWith(CancellationToken end)
    {
        ended = end;
        ending = end.Register(silence.Cancel);
    }

    public void Dispose()
    {
        ending.Dispose();
        silence.Dispose();
    }

    private async Task<bool> MoveNextAsync()
    {
        silence.CancelAfter(TimeSpan.FromSeconds(options.StallSecondsMax));
        try
        {
            return await requests.MoveNext(silence.Token);
        }
        catch (IOException)
        {
            // The line broke, or the caller reset the stream; nobody reads the answer.
            throw Failures.Of(ErrorReason.CallCancelled);
        }
        catch (Exception) when (silence.IsCancellationRequested && !callerLeft.IsCancellationRequested && !ended.IsCancellationRequested)
        {
            throw Failures.Of(ErrorReason.UploadStalled, ("limit_seconds", $"{options.StallSecondsMax}"));
        }
    }
}
