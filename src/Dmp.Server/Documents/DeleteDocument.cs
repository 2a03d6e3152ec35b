using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document deleted.</summary>
internal sealed class DeleteDocument(DocumentChanges changes)
{
    public Task<DeleteDocumentResponse> RunAsync(Call call, DeleteDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call, DocumentChange.Delete, request, new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", DeleteDocumentResponse.Parser,
            document => new DeleteDocumentResponse { Document = document }, ct);
}
