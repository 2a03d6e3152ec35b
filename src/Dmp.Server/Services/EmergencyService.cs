using Dmp.Emergency.V1;
using Dmp.Server.Emergencies;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Emergency.V1.EmergencyService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of emergencies. Each is a class of its name.</summary>
internal sealed class EmergencyService : Contract.EmergencyServiceBase
{
    public override Task<OpenEmergencyAccessResponse> OpenEmergencyAccess(OpenEmergencyAccessRequest request, ServerCallContext context) =>
        context.Method<OpenEmergencyAccess>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<FindRecordsResponse> FindRecords(FindRecordsRequest request, ServerCallContext context) =>
        context.Method<FindRecords>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListEmergencyAccessesResponse> ListEmergencyAccesses(
        ListEmergencyAccessesRequest request, ServerCallContext context) =>
        context.Method<ListEmergencyAccesses>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListUnacknowledgedAccessesResponse> ListUnacknowledgedAccesses(
        ListUnacknowledgedAccessesRequest request, ServerCallContext context) =>
        context.Method<ListUnacknowledgedAccesses>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<AcknowledgeEmergencyAccessResponse> AcknowledgeEmergencyAccess(
        AcknowledgeEmergencyAccessRequest request, ServerCallContext context) =>
        context.Method<AcknowledgeEmergencyAccess>().RunAsync(context.Call, request, context.CancellationToken);
}
