using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document taken back from the archive.</summary>
internal sealed class UnarchiveDocument(DocumentChanges changes)
{
    public Task<UnarchiveDocumentResponse> RunAsync(Call call, UnarchiveDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call, DocumentChange.Unarchive, request,
            new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", UnarchiveDocumentResponse.Parser,
            document => new UnarchiveDocumentResponse { Document = document }, ct);
}
