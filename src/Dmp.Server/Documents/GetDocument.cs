using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Npgsql;

namespace Dmp.Server.Documents;

/// <summary>The metadata of one version of a document.</summary>
internal sealed class GetDocument(TracedReads reads)
{
    public async Task<GetDocumentResponse> RunAsync(Call call, GetDocumentRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var (recordId, documentId) = (call.ReadRecordId(request.RecordId, faults), faults.Id(request.DocumentId, "document_id"));
        faults.Require(request.Version >= 0, "version", "Must not be negative.");
        faults.ThrowIfAny();

        return await reads.InBatchesAsync<GetDocumentResponse>(
            call,
            recordId,
            async (connection, access) =>
            {
                var row = await FindAsync(connection, access, call, documentId, request.Version, ct);
                return (new GetDocumentResponse { Document = row.ToMessage() }, [row.Traced]);
            },
            ct);
    }

    /// <summary>The row, or DOCUMENT_NOT_FOUND: the same for a document that is hidden and one that never was.</summary>
    public static async Task<DocumentRow> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Call call, Guid documentId, int version, CancellationToken ct)
    {
        call.Trace.Documents = [new TracedDocument(documentId)];
        return await DocumentSql.FindAsync(connection, access, documentId, version, ct)
            ?? throw Failures.Of(ErrorReason.DocumentNotFound);
    }
}
