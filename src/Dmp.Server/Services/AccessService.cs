using Dmp.Access.V1;
using Dmp.Server.Explanations;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Access.V1.AccessService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of decisions and their explanations. Each is a class of its name.</summary>
internal sealed class AccessService : Contract.AccessServiceBase
{
    public override Task<ExplainAccessResponse> ExplainAccess(ExplainAccessRequest request, ServerCallContext context) =>
        context.Method<ExplainAccess>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListWhoCanSeeResponse> ListWhoCanSee(ListWhoCanSeeRequest request, ServerCallContext context) =>
        context.Method<ListWhoCanSee>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SimulateAccessResponse> SimulateAccess(SimulateAccessRequest request, ServerCallContext context) =>
        context.Method<SimulateAccess>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListFunctionsResponse> ListFunctions(ListFunctionsRequest request, ServerCallContext context) =>
        context.Method<ListFunctions>().RunAsync(context.Call, request, context.CancellationToken);
}
