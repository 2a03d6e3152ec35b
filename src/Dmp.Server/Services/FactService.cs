using Dmp.Facts.V1;
using Dmp.Server.Facts;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Facts.V1.FactService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of what documents state. Each is a class of its name.</summary>
internal sealed class FactService : Contract.FactServiceBase
{
    public override Task<ListFactsResponse> ListFacts(ListFactsRequest request, ServerCallContext context) =>
        context.Method<ListFacts>().RunAsync(context.Call, request, context.CancellationToken);
}
