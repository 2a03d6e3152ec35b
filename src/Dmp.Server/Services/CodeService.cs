using Dmp.Codes.V1;
using Dmp.Server.Codes;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Codes.V1.CodeService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of code systems and value sets. Each is a class of its name.</summary>
internal sealed class CodeService : Contract.CodeServiceBase
{
    public override Task<LookupCodesResponse> LookupCodes(LookupCodesRequest request, ServerCallContext context) =>
        context.Method<LookupCodes>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListConceptsResponse> ListConcepts(ListConceptsRequest request, ServerCallContext context) =>
        context.Method<ListConcepts>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListCodeListsResponse> ListCodeLists(ListCodeListsRequest request, ServerCallContext context) =>
        context.Method<ListCodeLists>().RunAsync(context.Call, request, context.CancellationToken);
}
