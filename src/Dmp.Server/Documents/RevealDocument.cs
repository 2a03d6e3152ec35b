using Dmp.Document.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Documents;

/// <summary>A document shown to the patient, or to representatives.</summary>
internal sealed class RevealDocument(DocumentChanges changes)
{
    public Task<RevealDocumentResponse> RunAsync(Call call, RevealDocumentRequest request, CancellationToken ct) =>
        changes.RunAsync(
            call,
            request.VisibilityCode == VisibilityCode.HiddenFromRepresentatives
                ? DocumentChange.RevealToRepresentatives
                : DocumentChange.RevealToPatient,
            request, new ChangeTarget(request.RecordId, request.DocumentId, request.Etag, request.RequestId),
            static withoutId => withoutId.RequestId = "", RevealDocumentResponse.Parser,
            document => new RevealDocumentResponse { Document = document }, ct);
}
