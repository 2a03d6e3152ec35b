using Dmp.Audit.V1;
using Dmp.Server.Audit;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Audit.V1.AuditService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of the trace. Each is a class of its name.</summary>
internal sealed class AuditService : Contract.AuditServiceBase
{
    public override Task<ListRecordEventsResponse> ListRecordEvents(ListRecordEventsRequest request, ServerCallContext context) =>
        context.Method<ListRecordEvents>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListActorEventsResponse> ListActorEvents(ListActorEventsRequest request, ServerCallContext context) =>
        context.Method<ListActorEvents>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListCallEventsResponse> ListCallEvents(ListCallEventsRequest request, ServerCallContext context) =>
        context.Method<ListCallEvents>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context) =>
        context.Method<GetCheckpoint>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetConsistencyProofResponse> GetConsistencyProof(GetConsistencyProofRequest request, ServerCallContext context) =>
        context.Method<GetConsistencyProof>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetInclusionProofResponse> GetInclusionProof(GetInclusionProofRequest request, ServerCallContext context) =>
        context.Method<GetInclusionProof>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task ExportRecordEvents(
        ExportRecordEventsRequest request, IServerStreamWriter<ExportRecordEventsResponse> responses, ServerCallContext context) =>
        context.Method<ExportRecordEvents>().RunAsync(context.Call, request, responses, context.CancellationToken);
}
