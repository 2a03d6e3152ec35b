using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Storage;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>The content of a document, streamed.</summary>
internal sealed class ReadDocument(
    Database database,
    AccessPolicy policy,
    AuditTrail audit,
    ContentVault vault,
    TimeProvider time,
    ILogger<ReadDocument> logger)
{
    public async Task RunAsync(
        Call call, ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> responses, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var (recordId, documentId) = (call.ReadRecordId(request.RecordId, faults), faults.Id(request.DocumentId, "document_id"));
        faults.Require(request.Version >= 0, "version", "Must not be negative.");
        faults.Require(request.ReadOffset >= 0, "read_offset", "Must not be negative.");
        faults.Require(request.ReadLimit >= 0, "read_limit", "Must not be negative.");
        faults.ThrowIfAny();

        // The version is pinned by the first look: a replacement in the middle does not mix two contents.
        var decided = await database.InBatchesAsync(
            connection => DecideReadAsync(connection, call, recordId, documentId, request.Version, ct), ct);
        var row = decided.Row;
        if (request.ReadOffset > row.SizeBytes)
        {
            throw Failures.Of(ErrorReason.ReadOffsetOutOfRange, ("size_bytes", $"{row.SizeBytes}"));
        }

        await using var content = await OpenAsync(row, ct);

        // The access is in the trace before the first byte leaves, and holds at that moment: opening the content may have taken a while.
        decided = await DecideAgainAsync(call, decided, isWhole: false, ct);
        await audit.TraceReadAsync(call, [decided.Row.Traced], ct);
        await responses.WriteAsync(new ReadDocumentResponse { Document = row.ToMessage() }, ct);

        var end = request.ReadLimit == 0 ? row.SizeBytes : Math.Min(row.SizeBytes, request.ReadOffset + request.ReadLimit);
        await using var permission = new ReadPermission(
            decided, time, (isWhole, earlier) => DecideAgainAsync(call, earlier, isWhole, ct));
        await ReadStream.SendAsync(content, request.ReadOffset, end, responses, permission, ct);
    }

    /// <summary>Finds the document for somebody who may read it, and the position of the changes before which that was so.</summary>
    private async Task<ReadDecision> DecideReadAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid documentId, int version, CancellationToken ct)
    {
        var (row, place) = await policy.ReadAsync(
            connection,
            call,
            recordId,
            async access => (await GetDocument.FindAsync(connection, access, call, documentId, version, ct), access.Place),
            ct);
        if (!row.IsReadable)
        {
            throw Failures.Of(ErrorReason.DocumentNotFound);
        }

        return row is { MasterKeyId: not null, WrappedKey: null }
            ? throw Failures.Of(ErrorReason.ContentErased)
            : new ReadDecision(row, place.Position);
    }

    /// <summary>
    /// Without <paramref name="isWhole"/>, only when something of the record changed: what ended by time alone is not looked for.
    /// </summary>
    private Task<ReadDecision> DecideAgainAsync(Call call, ReadDecision decided, bool isWhole, CancellationToken ct)
    {
        var (row, position) = decided;
        return database.InBatchesAsync(
            async connection => isWhole || await ChangeSql.HasChangedAsync(connection, row.RecordId, position, row.RecordKeyId, ct)
                ? await DecideReadAsync(connection, call, row.RecordId, row.DocumentId, row.Version, ct)
                : decided,
            ct);
    }

    private async Task<IContentReader> OpenAsync(DocumentRow row, CancellationToken ct)
    {
        if (await vault.OpenAsync(row.Location, ct) is { } reader)
        {
            return reader;
        }

        // A row without its blob is lost data, and an incident; it is never "not found" to the caller.
        DocumentLog.ContentLost(logger, row.DocumentId, row.Version, row.ContentId);
        throw new ContentUnavailableException("A blob is missing.");
    }
}
