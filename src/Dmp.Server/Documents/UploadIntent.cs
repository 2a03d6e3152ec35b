using System.Security.Cryptography;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Storage;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>What an upload asks for: checked before bytes travel.</summary>
internal sealed partial class DocumentService
{
    private UploadPlan CheckedIntent(Call call, UploadIntent message)
    {
        var sent = message.ToByteArray();
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

        if (message.StatedPatient is { } stated)
        {
            DocumentRules.CheckStated(stated, faults);
        }

        DocumentRules.CheckVisibility(message.VisibilityCodes, call.Caller, accessOptions.Value.HiddenAndMasked, faults);
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
            Sent = sent,
            IsSecret = call.IsSecret,
            UploadId = Guid.CreateVersion7(now),
            ContentId = Guid.CreateVersion7(now),
            Metadata = UploadPlan.Complete(message.Metadata ?? new DocumentMetadata(), call.Caller),
        };
    }

    /// <summary>The answer of an earlier upload with this request id, when the intent already tells that it is the same.</summary>
    private async Task<UploadDocumentResponse?> RecallAsync(
        NpgsqlConnection connection, Call call, UploadPlan intent, UploadFacts facts, CancellationToken ct)
    {
        if (intent.Message.ExpectedSha256.IsEmpty
            || Recall(facts, intent, intent.Fingerprint(UploadMethod, intent.Message.ExpectedSha256.Span)) is not { } earlier)
        {
            return null;
        }

        await audit.TraceReadAsync(connection, call, [TracedDocument.Of(earlier.Document)], ct);
        call.Committed = await ConsistencySql.PositionAsync(connection, ct);
        return earlier;
    }

    /// <summary>What was answered before for the request id of an upload; null when it is new. Refuses another content.</summary>
    private static UploadDocumentResponse? Recall(UploadFacts facts, UploadPlan intent, byte[] fingerprint) =>
        !facts.Remembered.TryGetValue(intent.RequestId, out var row) ? null
        : row.Fingerprint.AsSpan().SequenceEqual(fingerprint) ? UploadDocumentResponse.Parser.ParseFrom(row.Response)
        : throw Failures.Of(ErrorReason.RequestIdReused, ("request_id", intent.RequestId.ToString()));

    /// <summary>
    /// Checks all that can be checked before bytes travel. Answers what the upload will become, or the answer of an earlier one.
    /// </summary>
    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> OpenAsync(
        Call call, UploadIntent message, CancellationToken ct, Action<UploadPlan>? check = null)
    {
        var intent = CheckedIntent(call, message);
        check?.Invoke(intent);
        return await database.OnConnectionAsync(connection => OpenAsync(connection, call, intent, ct), ct);
    }

    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> OpenAsync(
        NpgsqlConnection connection, Call call, UploadPlan intent, CancellationToken ct)
    {
        var (facts, access) = await LookAsync(connection, call, intent, ct);
        if (await RecallAsync(connection, call, intent, facts, ct) is { } earlier)
        {
            return (null, earlier);
        }

        if (facts.Unfinished.TryGetValue(intent.RequestId, out var row))
        {
            if (!row.Fingerprint.AsSpan().SequenceEqual(intent.IntentFingerprint()))
            {
                throw Failures.Of(ErrorReason.RequestIdReused, ("request_id", intent.RequestId.ToString()));
            }

            return IsRunning(row)
                ? throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", intent.RequestId.ToString()))
                : (await TakeUpAsync(connection, access, facts, intent, row, ct), null);
        }

        if (!facts.Remembered.ContainsKey(intent.RequestId))
        {
            // A repeat would meet its own first result here; whether it is one is told by the digest at the end.
            await RequireGoodAsync(connection, access, facts, intent, ct);
        }

        return (intent, null);
    }

    /// <summary>What is known about one upload before its bytes come, and the right to add it.</summary>
    private async Task<(UploadFacts Facts, RecordAccess Access)> LookAsync(
        NpgsqlConnection connection, Call call, UploadPlan intent, CancellationToken ct)
    {
        var facts = await UploadFactsSql.ReadAsync(connection, call.Caller, [intent], time.GetUtcNow(), ct, areBytesHere: false);
        return (facts, policy.Require(call, intent.RecordId, facts.Records.GetValueOrDefault(intent.RecordId)));
    }

    /// <summary>The same for an upload that broke: by its intent as it was stored, and by the rules of today.</summary>
    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> ResumeAsync(Call call, UploadResume message, CancellationToken ct)
    {
        var (recordId, requestId) = UploadIds(call, FieldFaults.Of(message), message.RecordId, message.RequestId);
        return await database.OnConnectionAsync(connection => ResumeAsync(connection, call, recordId, requestId, ct), ct);
    }

    private async Task<(UploadPlan? Plan, UploadDocumentResponse? Earlier)> ResumeAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid requestId, CancellationToken ct)
    {
        await policy.RequireAsync(connection, call, recordId, ct);
        if (await UnfinishedUploadSql.FindAsync(connection, call.Caller.Key, requestId, recordId, ct) is not { } row || row.Secret != call.IsSecret)
        {
            var finished = await FindFinishedAsync(connection, call, recordId, requestId, ct)
                ?? throw Failures.Of(ErrorReason.UploadNotFound, ("request_id", requestId.ToString()));
            await audit.TraceReadAsync(connection, call, [TracedDocument.Of(finished.Document)], ct);
            call.Committed = await ConsistencySql.PositionAsync(connection, ct);
            return (null, finished);
        }

        var intent = CheckedIntent(call, UploadIntent.Parser.ParseFrom(row.Intent));
        var (facts, access) = await LookAsync(connection, call, intent, ct);
        return (await TakeUpAsync(connection, access, facts, intent, row, ct), null);
    }

    /// <summary>Takes an unfinished upload away from whatever call had it.</summary>
    private async Task<UploadPlan> TakeUpAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan intent, UploadRow row, CancellationToken ct)
    {
        await RequireGoodAsync(connection, access, facts, intent, ct);
        if (!await ContentVault.IsLivingAsync(connection, row.RecordKeyId, ct))
        {
            // What was sent was erased with the rest of the record: it begins again, as other content.
            using var key = await vault.KeyOfAsync(connection, access.RecordId, ct);
            row = row with { ContentId = Guid.CreateVersion7(time.GetUtcNow()), RecordKeyId = key.RecordKeyId };
        }

        if (!await UnfinishedUploadSql.TakeUpAsync(connection, row, time.GetUtcNow(), ct))
        {
            throw Failures.Of(ErrorReason.RequestInProgress, ("request_id", intent.RequestId.ToString()));
        }

        await liveUploads.EndAsync(row.UploadId, ct);
        return intent with { UploadId = row.UploadId, ContentId = row.ContentId, RecordKeyId = row.RecordKeyId, Generation = row.Generation + 1 };
    }

    private bool IsRunning(UploadRow row) =>
        row.Running && row.HeartbeatTime > time.GetUtcNow().AddSeconds(-uploadOptions.Value.AbandonSeconds);

    private Task ValidateOnlyAsync(Call call, UploadPlan intent, CancellationToken ct) => database.OnConnectionAsync(
        async connection =>
        {
            var (facts, access) = await LookAsync(connection, call, intent, ct);
            await RequireGoodAsync(connection, access, facts, intent, ct);
            await audit.TraceReadAsync(connection, call, intent.Replaces is { } replaced ? [new TracedDocument(replaced)] : [], ct);
        },
        ct);

    /// <summary>
    /// The visibility, the replaced document and the unique id. Returns the replaced document; with a transaction it stays locked until
    /// the end of it.
    /// </summary>
    private async Task<DocumentRow?> RequireGoodAsync(
        NpgsqlConnection connection, RecordAccess access, UploadFacts facts, UploadPlan intent, CancellationToken ct)
    {
        if (!DocumentRules.MayChoose(intent.Message.VisibilityCodes, access.Capacity))
        {
            throw Failures.Of(ErrorReason.DocumentActionNotAllowed);
        }

        RequireSamePatient(intent.Message, facts.Identities[access.RecordId], []);
        var replaced = intent.Replaces is { } documentId
            ? await FindForChangeAsync(connection, access, DocumentChange.Replace, documentId, intent.Message.Etag, ct)
            : null;
        if (intent.IsSecret && replaced is { HiddenFromRepresentatives: false })
        {
            // It would vanish before the eyes of the representatives.
            throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
        }

        if (!accessOptions.Value.HiddenAndMasked && DocumentRules.WouldHideFromAll(intent.Message.VisibilityCodes, access, replaced))
        {
            throw Failures.Of(ErrorReason.VisibilityCodesExclusive);
        }

        return facts.TakenUniqueIds.Contains(intent.RequestId) ? throw Failures.Of(ErrorReason.UniqueIdTaken) : replaced;
    }

    private RpcException TooLarge() =>
        Failures.Of(ErrorReason.DocumentTooLarge, ("limit_bytes", $"{uploadOptions.Value.DocumentBytesMax}"));
}
