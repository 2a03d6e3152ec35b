using Dmp.Document.V1;
using Dmp.Server.Documents;
using Dmp.Server.Intake;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Document.V1.DocumentService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of documents. Each is a class of its name.</summary>
internal sealed class DocumentService : Contract.DocumentServiceBase
{
    public override Task UploadDocument(
        IAsyncStreamReader<UploadDocumentRequest> requests,
        IServerStreamWriter<UploadDocumentResponse> responses,
        ServerCallContext context) =>
        context.Method<UploadDocument>().RunAsync(context.Call, requests, responses, context.CancellationToken);

    public override Task ImportDocuments(
        IAsyncStreamReader<ImportDocumentsRequest> requests,
        IServerStreamWriter<ImportDocumentsResponse> responses,
        ServerCallContext context) =>
        context.Method<ImportDocuments>().RunAsync(context.Call, requests, responses, context.CancellationToken);

    public override Task<FindMissingContentResponse> FindMissingContent(FindMissingContentRequest request, ServerCallContext context) =>
        context.Method<FindMissingContent>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetUploadStatusResponse> GetUploadStatus(GetUploadStatusRequest request, ServerCallContext context) =>
        context.Method<GetUploadStatus>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<CancelUploadResponse> CancelUpload(CancelUploadRequest request, ServerCallContext context) =>
        context.Method<CancelUpload>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task ReadDocument(
        ReadDocumentRequest request, IServerStreamWriter<ReadDocumentResponse> responses, ServerCallContext context) =>
        context.Method<ReadDocument>().RunAsync(context.Call, request, responses, context.CancellationToken);

    public override Task<GetDocumentResponse> GetDocument(GetDocumentRequest request, ServerCallContext context) =>
        context.Method<GetDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SearchDocumentsResponse> SearchDocuments(SearchDocumentsRequest request, ServerCallContext context) =>
        context.Method<SearchDocuments>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetSubmissionSetResponse> GetSubmissionSet(GetSubmissionSetRequest request, ServerCallContext context) =>
        context.Method<GetSubmissionSet>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListSubmissionSetsResponse> ListSubmissionSets(ListSubmissionSetsRequest request, ServerCallContext context) =>
        context.Method<ListSubmissionSets>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<MaskDocumentResponse> MaskDocument(MaskDocumentRequest request, ServerCallContext context) =>
        context.Method<MaskDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UnmaskDocumentResponse> UnmaskDocument(UnmaskDocumentRequest request, ServerCallContext context) =>
        context.Method<UnmaskDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RevealDocumentResponse> RevealDocument(RevealDocumentRequest request, ServerCallContext context) =>
        context.Method<RevealDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<HideDocumentResponse> HideDocument(HideDocumentRequest request, ServerCallContext context) =>
        context.Method<HideDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ArchiveDocumentResponse> ArchiveDocument(ArchiveDocumentRequest request, ServerCallContext context) =>
        context.Method<ArchiveDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UnarchiveDocumentResponse> UnarchiveDocument(UnarchiveDocumentRequest request, ServerCallContext context) =>
        context.Method<UnarchiveDocument>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<DeleteDocumentResponse> DeleteDocument(DeleteDocumentRequest request, ServerCallContext context) =>
        context.Method<DeleteDocument>().RunAsync(context.Call, request, context.CancellationToken);
}
