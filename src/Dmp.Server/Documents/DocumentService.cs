using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Explanations;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Dmp.Storage;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Contract = Dmp.Document.V1;

namespace Dmp.Server.Documents;

/// <summary>RPCs of <c>dmp.document.v1.DocumentService</c>; the longer ones have a file of their name.</summary>
internal sealed partial class DocumentService(
    Database database,
    AccessPolicy policy,
    AuditTrail audit,
    RequestLog requestLog,
    PageTokens pageTokens,
    AccessEffects effects,
    IContentStore contentStore,
    ContentInspector inspector,
    ContentVault vault,
    ContentPacks packs,
    LiveUploads liveUploads,
    UploadQueues uploadQueues,
    ImportMemory importMemory,
    IHostApplicationLifetime lifetime,
    IOptions<UploadOptions> uploadOptions,
    IOptions<ImportOptions> importOptions,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time,
    ILogger<DocumentService> logger) : Contract.DocumentService.DocumentServiceBase
{
    public override async Task<GetDocumentResponse> GetDocument(GetDocumentRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var (recordId, documentId) = Ids(call, request.RecordId, request.DocumentId, faults);
        faults.Require(request.Version >= 0, "version", "Must not be negative.");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var row = await FindAsync(connection, access, call, documentId, request.Version, ct);
                await audit.TraceReadAsync(connection, call, [TracedDocument.Of(row)], ct);
                return new GetDocumentResponse { Document = row.ToMessage() };
            },
            ct);
    }

    /// <summary>The row, or DOCUMENT_NOT_FOUND: the same for a document that is hidden and one that never was.</summary>
    private static async Task<DocumentRow> FindAsync(
        NpgsqlConnection connection, RecordAccess access, Call call, Guid documentId, int version, CancellationToken ct)
    {
        call.Documents = [new TracedDocument(documentId)];
        return await DocumentSql.FindAsync(connection, access, documentId, version, ct)
            ?? throw Failures.Of(ErrorReason.DocumentNotFound);
    }

    private static (Guid RecordId, Guid DocumentId) Ids(Call call, string recordId, string documentId, FieldFaults faults)
    {
        var record = faults.Id(recordId, "record_id");
        if (record != Guid.Empty)
        {
            call.RecordId = record;
        }

        return (record, faults.Id(documentId, "document_id"));
    }
}
