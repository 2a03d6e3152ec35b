using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Content;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Logging;
using Dmp.Server.Pipeline;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using ContentForm = Dmp.Document.V1.ContentForm;

namespace Dmp.Server.Documents;

internal sealed partial class DocumentService
{
    /// <summary>The caller hears how far the upload is after this many bytes.</summary>
    private const int ProgressBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Intent, checks, bytes, digest, one commit. No connection is held while the caller is waited for. Whatever goes
    /// wrong before the commit leaves a temporary file at most, and that only when this process dies.
    /// </summary>
    public override async Task UploadDocument(
        IAsyncStreamReader<UploadDocumentRequest> requests,
        IServerStreamWriter<UploadDocumentResponse> responses,
        ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        using var messages = new UploadMessages(requests, uploadOptions.Value, ct);
        var intent = CheckedIntent(call, await messages.ReadIntentAsync());

        if (await RecallAsync(call, intent, ct) is { } earlier)
        {
            await responses.WriteAsync(earlier, ct);
            return;
        }

        if (intent.Message.ValidateOnly)
        {
            await ValidateOnlyAsync(call, intent, ct);
            await responses.WriteAsync(Accepted(intent, ""), ct);
            return;
        }

        await ClaimAsync(call, intent, ct);
        try
        {
            await responses.WriteAsync(Accepted(intent, intent.UploadId.ToString()), ct);
            await responses.WriteAsync(await ReceiveAsync(call, intent, messages, responses, ct), ct);
        }
        finally
        {
            await ReleaseAsync(intent.UploadId);
        }
    }

    private UploadPlan CheckedIntent(Call call, UploadIntent message)
    {
        var faults = FieldFaults.Of(message);
        var now = time.GetUtcNow();
        var (recordId, replaces) = Ids(call, message.RecordId, message.ReplacesDocumentId, faults);
        var requestId = faults.Id(message.RequestId, "request_id");
        var mayBeCda = UploadPlan.MayBeCda(message.Metadata);
        if (!mayBeCda)
        {
            DocumentRules.RequireComplete(message.Metadata, "Required.", faults);
        }

        if (message.Metadata is not null)
        {
            DocumentRules.Check(message.Metadata, call.Caller, now, mayBeCda && message.Metadata.Authors.Count == 0, faults);
        }

        DocumentRules.CheckVisibility(message.VisibilityCodes, call.Caller, faults);
        if (call.IsSecret)
        {
            // From here on the intent says so itself, and its fingerprint too.
            DocumentRules.CheckSecret(message.VisibilityCodes, faults);
            message.VisibilityCodes.Clear();
            message.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives);
        }

        faults.Require(
            (message.ReplacesDocumentId.Length > 0) == (message.Etag.Length > 0),
            "etag",
            "Required with replaces_document_id, and only with it.");
        faults.Require(
            message.ExpectedSha256.Length is 0 or SHA256.HashSizeInBytes, "expected_sha256", "Must have 32 bytes.");
        faults.Require(
            !message.HasExpectedSizeBytes || message.ExpectedSizeBytes >= 0, "expected_size_bytes", "Must not be negative.");
        faults.ThrowIfAny();

        if (message is { HasExpectedSizeBytes: true, ExpectedSizeBytes: 0 })
        {
            throw Failures.Of(ErrorReason.DocumentEmpty);
        }

        if (message.HasExpectedSizeBytes && message.ExpectedSizeBytes > uploadOptions.Value.DocumentBytesMax)
        {
            throw TooLarge();
        }

        call.RequestId = requestId.ToString();
        return new UploadPlan
        {
            Message = message,
            RecordId = recordId,
            RequestId = requestId,
            Replaces = replaces == Guid.Empty ? null : replaces,
            IsSecret = call.IsSecret,
            UploadId = Guid.CreateVersion7(now),
            ContentId = Guid.CreateVersion7(now),
            Metadata = UploadPlan.Complete(message.Metadata ?? new DocumentMetadata(), call.Caller),
        };
    }

    /// <summary>The answer of an earlier upload with this request id, when the intent already tells that it is the same.</summary>
    private async Task<UploadDocumentResponse?> RecallAsync(Call call, UploadPlan intent, CancellationToken ct)
    {
        if (intent.Message.ExpectedSha256.IsEmpty || intent.Message.ValidateOnly)
        {
            return null;
        }

        await using var connection = await database.OpenAsync(ct);
        await policy.RequireAsync(connection, call, intent.RecordId, ct);
        var fingerprint = intent.Fingerprint(call.Method, intent.Message.ExpectedSha256.Span);
        if (await RequestLog.FindAsync(connection, call, intent.RequestId, fingerprint, ct) is not { } response)
        {
            return null;
        }

        var earlier = UploadDocumentResponse.Parser.ParseFrom(response);
        await audit.TraceReadAsync(connection, call, [TracedDocument.Of(earlier.Document)], ct);
        call.Committed = await ConsistencySql.PositionAsync(connection, ct);
        return earlier;
    }

    private async Task ValidateOnlyAsync(Call call, UploadPlan intent, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var access = await policy.RequireAsync(connection, call, intent.RecordId, ct);
        await RequireGoodAsync(connection, access, intent, ct);
        await audit.TraceReadAsync(connection, call, intent.Replaces is { } replaced ? [new TracedDocument(replaced)] : [], ct);
    }

    /// <summary>Checks all that can be checked before bytes travel, and takes the request id.</summary>
    private async Task ClaimAsync(Call call, UploadPlan intent, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        var access = await policy.RequireAsync(connection, call, intent.RecordId, ct);
        if (await RequestLogSql.FindAsync(connection, call.Caller.Key, intent.RequestId, ct) is null)
        {
            // A repeat would meet its own first result here; whether it is one is told by the digest at the end.
            await RequireGoodAsync(connection, access, intent, ct);
        }

        var now = time.GetUtcNow();
        var upload = new UploadRow
        {
            UploadId = intent.UploadId,
            CallerKey = call.Caller.Key,
            RequestId = intent.RequestId,
            RecordId = access.RecordId,
            ContentId = intent.ContentId,
        };
        var abandonedBefore = now.AddSeconds(-uploadOptions.Value.AbandonSeconds);
        if (!await UploadSql.ClaimAsync(connection, upload, now, abandonedBefore, ct))
        {
            throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", intent.RequestId.ToString()));
        }
    }

    /// <summary>
    /// The visibility, the replaced document and the unique id. Returns the replaced document; with a transaction it stays locked until
    /// the end of it.
    /// </summary>
    private static async Task<DocumentRow?> RequireGoodAsync(
        NpgsqlConnection connection, RecordAccess access, UploadPlan intent, CancellationToken ct)
    {
        if (!DocumentRules.MayChoose(intent.Message.VisibilityCodes, access.Capacity))
        {
            throw Failures.Of(ErrorReason.DocumentActionNotAllowed);
        }

        var replaced = intent.Replaces is { } documentId
            ? await FindForChangeAsync(connection, access, DocumentChange.Replace, documentId, intent.Message.Etag, ct)
            : null;
        if (intent.IsSecret && replaced is { HiddenFromRepresentatives: false })
        {
            // It would vanish before the eyes of the representatives.
            throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
        }

        return await UploadSql.UniqueIdIsTakenAsync(
            connection, access, UploadPlan.DepositorKey(access.Caller), intent.Metadata.UniqueId, ct)
            ? throw Failures.Of(ErrorReason.UniqueIdTaken)
            : replaced;
    }

    private async Task<UploadDocumentResponse> ReceiveAsync(
        Call call,
        UploadPlan intent,
        UploadMessages messages,
        IServerStreamWriter<UploadDocumentResponse> responses,
        CancellationToken ct)
    {
        await using var writer = await contentStore.CreateAsync(intent.ContentId, ct);
        try
        {
            return await ReceiveAsync(call, intent, messages, responses, writer, ct);
        }
        finally
        {
            // Nothing to do once it is committed.
            await writer.DiscardAsync(CancellationToken.None);
        }
    }

    private async Task<UploadDocumentResponse> ReceiveAsync(
        Call call,
        UploadPlan intent,
        UploadMessages messages,
        IServerStreamWriter<UploadDocumentResponse> responses,
        IContentWriter writer,
        CancellationToken ct)
    {
        using var digest = new ContentDigest();
        var sniffer = new ContentSniffer();
        var progressOffset = 0L;
        var beatTime = time.GetTimestamp();
        while (await messages.ReadAsync(digest.Size) is { } chunk)
        {
            if (digest.Size + chunk.Data.Length > uploadOptions.Value.DocumentBytesMax)
            {
                throw TooLarge();
            }

            // The disk takes the bytes while the processor hashes them.
            var write = writer.AppendAsync(chunk.Data.Memory, ct);
            digest.Append(chunk.Data.Span);
            sniffer.Observe(chunk.Data.Span);
            await write;
            if (digest.Size - progressOffset >= ProgressBytes)
            {
                progressOffset = digest.Size;
                await responses.WriteAsync(
                    new UploadDocumentResponse { Progress = new UploadProgress { PersistedSize = digest.Size } }, ct);
            }

            if (time.GetElapsedTime(beatTime) >= heartbeat)
            {
                beatTime = time.GetTimestamp();
                await BeatAsync(intent.UploadId, ct);
            }
        }

        var content = digest.Conclude();
        UploadPlan.RequireAnnounced(messages.Finish!, intent.Message, content);
        var form = sniffer.Conclude();
        if (intent.Metadata.MediaType.Length > 0 && !UploadPlan.Agrees(intent.Metadata.MediaType, form))
        {
            throw Failures.Of(ErrorReason.MediaTypeMismatch, ("media_type", intent.Metadata.MediaType));
        }

        await writer.CommitAsync(ct);
        return await CommitAsync(call, intent, content, form, ct);
    }

    /// <summary>The durable bytes become a document: version, consent, trace, outbox and request id in one transaction.</summary>
    private async Task<UploadDocumentResponse> CommitAsync(
        Call call, UploadPlan intent, ContentDigests content, Content.ContentForm sniffed, CancellationToken ct)
    {
        var isOurs = false;
        try
        {
            var (described, form) = await WithHeaderAsync(call, intent, sniffed, ct);
            var response = await requestLog.RunOnceAsync(
                call,
                intent.RequestId,
                intent.Fingerprint(call.Method, content.Sha256),
                UploadDocumentResponse.Parser,
                connection => policy.RequireAsync(connection, call, intent.RecordId, ct),
                async (connection, access) =>
                {
                    isOurs = true;
                    var (placed, warnings) = await PlaceAsync(connection, access, described, ct);
                    return new UploadDocumentResponse
                    {
                        Document = await InsertAsync(connection, call, access, placed, content, form, ct),
                        Warnings = { warnings },
                    };
                },
                ct);
            if (!isOurs)
            {
                await contentStore.DeleteAsync(intent.ContentId, CancellationToken.None);
            }

            return response;
        }
        catch (RpcException)
        {
            // A refusal means that nothing was committed. After any other failure the commit may or may not have happened:
            // the sweep of the content store finds out.
            await contentStore.DeleteAsync(intent.ContentId, CancellationToken.None);
            throw;
        }
    }

    private async Task<Document.V1.Document> InsertAsync(
        NpgsqlConnection connection,
        Call call,
        RecordAccess access,
        UploadPlan intent,
        ContentDigests content,
        ContentForm form,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var replaced = await RequireGoodAsync(connection, access, intent, ct);
        var documentId = replaced?.DocumentId ?? Guid.CreateVersion7(now);
        var version = intent.ToVersion(access, documentId, (replaced?.CurrentVersion ?? 0) + 1, content, form, now);
        var visibility = intent.ToVisibility(now, access.DocumentsMaskedByDefault && replaced is null, accessOptions.Value);
        call.Documents = [new TracedDocument(documentId, version.Version, version.Sha256)];
        if (replaced is null)
        {
            await UploadSql.InsertDocumentAsync(connection, access, version, visibility, ct);
        }
        else
        {
            await UploadSql.InsertReplacementAsync(connection, replaced, version, visibility, ct);
        }

        var kind = replaced is null ? OutboxKind.DocumentCreated : OutboxKind.DocumentReplaced;
        await OutboxSql.AppendAsync(connection, kind, access.RecordId, now, DetailOf(documentId, version.Version, replaced), ct);
        var row = await DocumentSql.FindAsync(connection, access, documentId, 0, ct)
            ?? throw new InvalidOperationException("A depositor does not see the own document.");
        return row.ToMessage();
    }

    private async Task BeatAsync(Guid uploadId, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct);
        await UploadSql.BeatAsync(connection, uploadId, time.GetUtcNow(), ct);
    }

    /// <summary>Also when the caller is gone: the request id must be free for the repeat.</summary>
    private async Task ReleaseAsync(Guid uploadId)
    {
        try
        {
            await using var connection = await database.OpenAsync(CancellationToken.None);
            await UploadSql.ReleaseAsync(connection, uploadId, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // The outcome of the call stands; the row is taken over or swept once it is abandoned.
            DocumentLog.UploadNotReleased(logger, e, uploadId);
        }
    }

    private UploadDocumentResponse Accepted(UploadPlan intent, string uploadId) => new()
    {
        Accepted = new UploadAccepted
        {
            UploadId = uploadId,
            ExpireTime = time.GetUtcNow().AddSeconds(uploadOptions.Value.AbandonSeconds).ToTimestamp(),
            MaxChunkBytes = uploadOptions.Value.ChunkBytesMax,
            MaxDocumentBytes = uploadOptions.Value.DocumentBytesMax,
            Warnings = { UploadPlan.Warnings(intent.Metadata) },
        },
    };

    private RpcException TooLarge() =>
        Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{uploadOptions.Value.DocumentBytesMax}"));
}
