using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document shown to professionals again.</summary>
internal sealed class UnmaskDocument(DocumentChanges changes)
{
    public Task<UnmaskDocumentResponse> RunAsync(Call call, UnmaskDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call, DocumentChange.Unmask, request, new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", UnmaskDocumentResponse.Parser,
            document => new UnmaskDocumentResponse { Document = document }, ct);
}
