using Dmp.Document.V1;
using Grpc.Core;

namespace Dmp.Benchmarks;

/// <summary>The floor of a read: a call with a token that is checked, and the same answer from memory.</summary>
internal sealed class EchoService(GetDocumentResponse answer) : DocumentService.DocumentServiceBase
{
    public override Task<GetDocumentResponse> GetDocument(GetDocumentRequest request, ServerCallContext context) => Task.FromResult(answer);
}
