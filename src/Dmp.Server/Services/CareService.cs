using Dmp.Care.V1;
using Dmp.Server.Care;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Care.V1.CareService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of care. Each is a class of its name.</summary>
internal sealed class CareService : Contract.CareServiceBase
{
    public override Task<GetMedicationStatementResponse> GetMedicationStatement(
        GetMedicationStatementRequest request, ServerCallContext context) =>
        context.Method<GetMedicationStatement>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetEmergencySummaryResponse> GetEmergencySummary(
        GetEmergencySummaryRequest request, ServerCallContext context) =>
        context.Method<GetEmergencySummary>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<FindComparableExamsResponse> FindComparableExams(FindComparableExamsRequest request, ServerCallContext context) =>
        context.Method<FindComparableExams>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetTrendResponse> GetTrend(GetTrendRequest request, ServerCallContext context) =>
        context.Method<GetTrend>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task GetTimeline(
        GetTimelineRequest request, IServerStreamWriter<GetTimelineResponse> responseStream, ServerCallContext context) =>
        context.Method<GetTimeline>().RunAsync(context.Call, request, responseStream, context.CancellationToken);
}
