using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document hidden from professionals.</summary>
internal sealed class MaskDocument(DocumentChanges changes)
{
    public Task<MaskDocumentResponse> RunAsync(Call call, MaskDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call, DocumentChange.Mask, request, new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", MaskDocumentResponse.Parser,
            document => new MaskDocumentResponse { Document = document }, ct);
}
