using System.Buffers;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Content;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Npgsql;
using ContentForm = Dmp.Document.V1.ContentForm;

namespace Dmp.Server.Documents;

/// <summary>From bytes that have come to a document.</summary>
internal sealed partial class DocumentService
{
    /// <summary>
    /// The bytes become a document: version, consent, trace, outbox and request id in one transaction, with the unfinished upload gone. Whatever
    /// fails before leaves the bytes where they are; <see cref="EndAsync"/> decides about them.
    /// </summary>
    private async Task<UploadDocumentResponse> CommitAsync(
        Call call, UploadPlan intent, UploadFinish finish, UploadSink sink, CancellationToken ct)
    {
        var content = sink.Digests();
        UploadPlan.RequireAnnounced(finish, intent.Message, content);
        var sniffed = sink.Form();
        if (intent.Metadata.MediaType.Length > 0 && !UploadPlan.Agrees(intent.Metadata.MediaType, sniffed))
        {
            throw Failures.Of(ErrorReason.MediaTypeMismatch, ("media_type", intent.Metadata.MediaType));
        }

        await using var reader = sink.Reader();
        var (described, form) = await WithHeaderAsync(call, intent, reader, sniffed, ct);
        if (!sink.IsSmall)
        {
            await sink.CommitAsync(ct);
        }

        var isOurs = false;
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
                var document = await InsertAsync(connection, call, access, placed, sink, content, form, ct);
                if (!sink.IsSmall && !await UnfinishedUploadSql.DeleteAsync(connection, intent.UploadId, intent.Generation, ct))
                {
                    throw Failures.Of(ErrorReason.UploadTakenOver, ("request_id", intent.RequestId.ToString()));
                }

                return new UploadDocumentResponse { Document = document, Warnings = { warnings } };
            },
            ct);
        if (!isOurs)
        {
            // An earlier call had finished it, with bytes of its own.
            await ForgetAsync(call.Caller, intent, sink);
        }

        return response;
    }

    private async Task<Document.V1.Document> InsertAsync(
        NpgsqlConnection connection,
        Call call,
        RecordAccess access,
        UploadPlan intent,
        UploadSink sink,
        ContentDigests content,
        ContentForm form,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var replaced = await RequireGoodAsync(connection, access, intent, ct);
        if (sink.IsSmall)
        {
            // Last, so that the bytes of what is refused never reach the disk.
            intent = await PackAsync(connection, access, intent, sink.Small, ct);
        }
        else if (await ContentVault.IsLivingAsync(connection, access.RecordId, sink.RecordKeyId!.Value, ct))
        {
            intent = intent with { RecordKeyId = sink.RecordKeyId.Value };
        }
        else
        {
            // The content of the record was erased while this came. It belongs to what comes after, with another key: repeated, it is that.
            throw Failures.Of(ErrorReason.WriteConflict);
        }

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

    /// <summary>A small document is sealed and shares a blob with others.</summary>
    private async Task<UploadPlan> PackAsync(
        NpgsqlConnection connection, RecordAccess access, UploadPlan intent, ReadOnlyMemory<byte> small, CancellationToken ct)
    {
        using var key = await vault.KeyOfAsync(connection, access.RecordId, ct);
        var stored = ArrayPool<byte>.Shared.Rent((int)SealedFormat.StoredLength(small.Length));
        try
        {
            var length = ContentVault.Seal(key, intent.ContentId, small.Span, stored);
            return intent with { Place = (await packs.AddAsync([stored.AsMemory(0, length)], ct))[0], RecordKeyId = key.RecordKeyId };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }
}
