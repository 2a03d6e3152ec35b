using Dmp.Event.V1;
using Dmp.Server.Events;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Event.V1.EventService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of the feed. Each is a class of its name.</summary>
internal sealed class EventService : Contract.EventServiceBase
{
    public override Task Subscribe(
        IAsyncStreamReader<SubscribeRequest> requests, IServerStreamWriter<SubscribeResponse> responses, ServerCallContext context) =>
        context.Method<Subscribe>().RunAsync(context.Call, requests, responses, context.CancellationToken);

    public override Task<PullResponse> Pull(PullRequest request, ServerCallContext context) =>
        context.Method<Pull>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<CommitPositionResponse> CommitPosition(CommitPositionRequest request, ServerCallContext context) =>
        context.Method<CommitPosition>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetPositionResponse> GetPosition(GetPositionRequest request, ServerCallContext context) =>
        context.Method<GetPosition>().RunAsync(context.Call, request, context.CancellationToken);
}
