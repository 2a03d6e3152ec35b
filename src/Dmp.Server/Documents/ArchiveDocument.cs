using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document put aside.</summary>
internal sealed class ArchiveDocument(DocumentChanges changes)
{
    public Task<ArchiveDocumentResponse> RunAsync(Call call, ArchiveDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call, DocumentChange.Archive, request, new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", ArchiveDocumentResponse.Parser,
            document => new ArchiveDocumentResponse { Document = document }, ct);
}
