using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document hidden from representatives.</summary>
internal sealed class HideDocument(DocumentChanges changes)
{
    public Task<HideDocumentResponse> RunAsync(Call call, HideDocumentRequest request, CancellationToken ct)
    {
        // Who must not know of the document must not know of this either.
        call.Trace.HidesEvent = true;
        return changes.RunAsync(
            call, DocumentChange.HideFromRepresentatives, request,
            new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", HideDocumentResponse.Parser,
            document => new HideDocumentResponse { Document = document }, ct);
    }
}
