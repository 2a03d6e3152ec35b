using Dmp.Interactions.V1;
using Dmp.Server.Interactions;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Interactions.V1.InteractionService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of the interaction check. Each is a class of its name.</summary>
internal sealed class InteractionService : Contract.InteractionServiceBase
{
    public override Task<CheckInteractionsResponse> CheckInteractions(CheckInteractionsRequest request, ServerCallContext context) =>
        context.Method<CheckInteractions>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<CheckRecordInteractionsResponse> CheckRecordInteractions(
        CheckRecordInteractionsRequest request, ServerCallContext context) =>
        context.Method<CheckRecordInteractions>().RunAsync(context.Call, request, context.CancellationToken);
}
