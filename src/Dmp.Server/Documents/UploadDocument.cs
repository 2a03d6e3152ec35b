using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Dmp.Server.Pipeline;
using Dmp.Storage;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

internal sealed partial class DocumentService
{
    /// <summary>The caller hears how far the upload is after this many bytes.</summary>
    private const int ProgressBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Intent or resume, checks, bytes, digest, one commit. No connection is held while the caller is waited for. Of what breaks before the
    /// commit, the bytes that reached the content store wait to be taken up.
    /// </summary>
    public override async Task UploadDocument(
        IAsyncStreamReader<UploadDocumentRequest> requests,
        IServerStreamWriter<UploadDocumentResponse> responses,
        ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        using var messages = new UploadMessages(requests, uploadOptions.Value, ct);
        var first = await messages.ReadFirstAsync();
        if (first.Intent is { ValidateOnly: true } asked)
        {
            var plan = CheckedIntent(call, asked);
            await ValidateOnlyAsync(call, plan, ct);
            await responses.WriteAsync(Accepted(plan, "", 0), ct);
            return;
        }

        var (intent, earlier) = first.Intent is { } message ? await OpenAsync(call, message, ct) : await ResumeAsync(call, first.Resume, ct);
        if (earlier is not null)
        {
            await responses.WriteAsync(earlier, ct);
            return;
        }

        await using var receiver = new UploadReceiver(intent!, call.Caller, vault, liveUploads, database, uploadOptions.Value, time)
        {
            Held = messages.EndWith,
        };
        try
        {
            await receiver.TakeUpAsync(ct);
            await responses.WriteAsync(Accepted(intent!, intent!.UploadId.ToString(), receiver.Sink.Size), ct);
            await responses.WriteAsync(await ReceiveAsync(call, intent, messages, receiver, responses), ct);
        }
        catch (Exception failure)
        {
            await EndAsync(call.Caller, intent!, receiver, messages.Finish is not null, failure);
            if (receiver.IsTakenOver)
            {
                throw Failures.Of(ErrorReason.UploadTakenOver, ("request_id", intent!.RequestId.ToString()));
            }

            throw;
        }
    }

    private async Task<UploadDocumentResponse> ReceiveAsync(
        Call call, UploadPlan intent, UploadMessages messages, UploadReceiver receiver, IServerStreamWriter<UploadDocumentResponse> responses)
    {
        var told = receiver.Sink.PersistedSize;
        while (await messages.ReadAsync() is { } chunk)
        {
            await receiver.AppendAsync(chunk);
            if (chunk.Flush || receiver.Sink.PersistedSize - told >= ProgressBytes)
            {
                told = chunk.Flush ? await receiver.FlushAsync() : receiver.Sink.PersistedSize;
                await responses.WriteAsync(
                    new UploadDocumentResponse { Progress = new UploadProgress { PersistedSize = told } }, receiver.LetGo);
            }
        }

        return await CommitAsync(call, intent, messages.Finish!, receiver.Sink, receiver.LetGo);
    }

    /// <summary>
    /// Decides what becomes of the bytes of an upload that failed. What the contract calls the end for good is removed; all else waits to
    /// be taken up, also when nobody knows whether the commit happened.
    /// </summary>
    private async Task EndAsync(Caller caller, UploadPlan intent, UploadReceiver receiver, bool finished, Exception failure)
    {
        if (receiver.IsTakenOver || !receiver.Holds)
        {
            return;
        }

        if (UploadPlan.IsFinal(failure, finished))
        {
            await ForgetAsync(caller, intent, receiver.Sink);
        }
        else
        {
            await receiver.RestAsync(logger);
        }
    }

    /// <summary>Nothing of an unfinished upload is kept. Also when the caller is gone.</summary>
    private async Task ForgetAsync(Caller caller, UploadPlan intent, UploadSink sink)
    {
        if (sink.IsSmall)
        {
            return;
        }

        try
        {
            await database.OnConnectionAsync(
                async connection =>
                {
                    await RowScope.OfRecord(caller, intent.RecordId).ApplyAsync(connection, CancellationToken.None);
                    if (await UnfinishedUploadSql.DeleteAsync(connection, intent.UploadId, intent.Generation, CancellationToken.None))
                    {
                        await sink.DiscardAsync(contentStore, intent.ContentId);
                    }
                },
                CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ContentUnavailableException)
        {
            // The outcome of the call stands; row and bytes are swept when they expire.
            DocumentLog.UploadNotReleased(logger, e, intent.UploadId);
        }
    }

    private UploadDocumentResponse Accepted(UploadPlan intent, string uploadId, long persistedSize) => new()
    {
        Accepted = new UploadAccepted
        {
            UploadId = uploadId,
            ExpireTime = (time.GetUtcNow() + uploadOptions.Value.ExpireAfter).ToTimestamp(),
            MaxChunkBytes = uploadOptions.Value.ChunkBytesMax,
            MaxDocumentBytes = uploadOptions.Value.DocumentBytesMax,
            Warnings = { UploadPlan.Warnings(intent.Metadata) },
            PersistedSize = persistedSize,
        },
    };
}
