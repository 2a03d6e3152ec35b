using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Npgsql;
using Contract = Dmp.Document.V1;

namespace Dmp.Server.Documents;

/// <summary>
/// Changes of documents that take no bytes: mask, unmask, reveal, hide, archive, unarchive, delete. Names of one movement.
/// </summary>
internal sealed class DocumentChanges(
    AccessPolicy policy,
    RequestLog requestLog,
    AccessEffects effects,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time)
{
    public Task<TResponse> RunAsync<TRequest, TResponse>(
        Call call,
        DocumentChange change,
        TRequest request,
        ChangeTarget target,
        Action<TRequest> clearRequestId,
        MessageParser<TResponse> parser,
        Func<Contract.Document, TResponse> toResponse,
        CancellationToken ct)
        where TRequest : class, IMessage<TRequest>, IDeepCloneable<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var faults = FieldFaults.Of(request);
        var (recordId, documentId) = (call.ReadRecordId(target.RecordId, faults), faults.Id(target.DocumentId, "document_id"));
        var requestId = faults.Id(target.RequestId, "request_id");
        faults.Require(
            request is not RevealDocumentRequest { VisibilityCode: var code }
                || code is VisibilityCode.HiddenFromPatient or VisibilityCode.HiddenFromRepresentatives or VisibilityCode.Unspecified,
            "visibility_code",
            "Must be HIDDEN_FROM_PATIENT or HIDDEN_FROM_REPRESENTATIVES.");
        faults.ThrowIfAny();
        if (change == DocumentChange.HideFromRepresentatives && call.Caller.Kind == CallerKind.Professional && !call.IsSecret)
        {
            throw Failures.Of(ErrorReason.DocumentActionNotAllowed);
        }

        call.Trace.Documents = [new TracedDocument(documentId)];
        var withoutId = request.Clone();
        clearRequestId(withoutId);
        if (request is MaskDocumentRequest { ValidateOnly: true } or UnmaskDocumentRequest { ValidateOnly: true })
        {
            return requestLog.TryAsync(
                call,
                connection => policy.RequireAsync(connection, call, recordId, ct),
                async (connection, access) =>
                {
                    var (response, told) = await effects.OfAsync(
                        connection,
                        access,
                        null,
                        async () => toResponse(await ApplyAsync(connection, call, access, change, documentId, target.Etag, ct)),
                        ct);
                    if (access.IsOwner)
                    {
                        response.Descriptor.FindFieldByName("effect").Accessor.SetValue(response, told);
                    }

                    return response;
                },
                ct);
        }

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, withoutId),
            parser,
            connection => policy.RequireAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var changed = await ApplyAsync(connection, call, access, change, documentId, target.Etag, ct);
                call.Trace.Documents = [TracedDocument.Of(changed)];
                return toResponse(changed);
            },
            ct);
    }

    private async Task<Contract.Document> ApplyAsync(
        NpgsqlConnection connection,
        Call call,
        RecordAccess access,
        DocumentChange change,
        Guid documentId,
        string etag,
        CancellationToken ct)
    {
        var row = await FindForChangeAsync(connection, access, change, documentId, etag, ct);
        if (DocumentRules.Decide(change, row, access) == DocumentVerdict.NothingToDo)
        {
            return row.ToMessage();
        }

        if (change == DocumentChange.Mask && DocumentRules.IsWaiting(row, access.Now) && !accessOptions.Value.HiddenAndMasked)
        {
            throw Failures.Of(ErrorReason.VisibilityCodesExclusive);
        }

        var (changed, kind) = change switch
        {
            DocumentChange.Mask => (row with { Masked = true }, OutboxKind.DocumentMasked),
            DocumentChange.Unmask => (row with { Masked = false }, OutboxKind.DocumentUnmasked),
            DocumentChange.Archive => (row with { State = (short)DocumentStatus.Archived }, OutboxKind.DocumentArchived),
            DocumentChange.Unarchive => (row with { State = (short)DocumentStatus.Approved }, OutboxKind.DocumentUnarchived),
            DocumentChange.Delete => (row with { State = (short)DocumentStatus.Deleted }, OutboxKind.DocumentDeleted),
            DocumentChange.RevealToPatient => (row with { PatientVisibleTime = null }, OutboxKind.DocumentRevealed),
            DocumentChange.RevealToRepresentatives => (row with { HiddenFromRepresentatives = false }, OutboxKind.DocumentRevealed),
            DocumentChange.HideFromRepresentatives => (row with { HiddenFromRepresentatives = true }, OutboxKind.DocumentHidden),
            _ => throw new ArgumentOutOfRangeException(nameof(change)),
        };
        changed = changed with { Revision = row.Revision + 1, UpdateTime = time.GetUtcNow() };
        await DocumentSql.ChangeAsync(connection, changed, ct);
        await OutboxSql.AppendAsync(
            connection, call, kind, access.RecordId, changed.UpdateTime, DetailOf(documentId, row.Version, row), ct);
        return changed.ToMessage();
    }

    /// <summary>For the outbox: the version that counts now, and the document as it was before, if it was.</summary>
    public static OutboxDetail DetailOf(Guid documentId, int version, DocumentRow? before) => new()
    {
        DocumentId = documentId,
        Version = version,
        PreviousVersion = before?.CurrentVersion,
        WasMasked = before?.Masked,
        WasState = before?.State,
        WasPatientVisibleTime = before?.PatientVisibleTime,
        WasHiddenFromRepresentatives = before?.HiddenFromRepresentatives,
    };

    /// <summary>Locks the document, or refuses: not there, not allowed, wrong state, changed in the meantime.</summary>
    public static async Task<DocumentRow> FindForChangeAsync(
        NpgsqlConnection connection, RecordAccess access, DocumentChange change, Guid documentId, string etag, CancellationToken ct)
    {
        var row = await DocumentSql.FindForChangeAsync(connection, access, documentId, ct)
            ?? throw Failures.Of(ErrorReason.DocumentNotFound);
        return DocumentRules.Decide(change, row, access) switch
        {
            DocumentVerdict.NotAllowed => throw Failures.Of(ErrorReason.DocumentActionNotAllowed),
            DocumentVerdict.WrongState => throw Failures.Of(
                ErrorReason.DocumentStateConflict, ("state", ((DocumentStatus)row.State).ToString().ToUpperInvariant())),
            _ when etag.Length > 0 && etag != row.Etag => throw Failures.Of(ErrorReason.EtagMismatch),
            _ => row,
        };
    }
}

/// <summary>Which document a change is of, and the request id of the change, as its message has them.</summary>
internal sealed record ChangeTarget(string RecordId, string DocumentId, string Etag, string RequestId);
