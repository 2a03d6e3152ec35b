using Dmp.CareTeam.V1;
using Dmp.Server.CareTeams;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.CareTeam.V1.CareTeamService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of care teams. Each is a class of its name.</summary>
internal sealed class CareTeamService : Contract.CareTeamServiceBase
{
    public override Task<RecognizeCareTeamResponse> RecognizeCareTeam(RecognizeCareTeamRequest request, ServerCallContext context) =>
        context.Method<RecognizeCareTeam>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RegisterCareTeamResponse> RegisterCareTeam(RegisterCareTeamRequest request, ServerCallContext context) =>
        context.Method<RegisterCareTeam>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SetCareTeamMembersResponse> SetCareTeamMembers(SetCareTeamMembersRequest request, ServerCallContext context) =>
        context.Method<SetCareTeamMembers>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListCareTeamsResponse> ListCareTeams(ListCareTeamsRequest request, ServerCallContext context) =>
        context.Method<ListCareTeams>().RunAsync(context.Call, request, context.CancellationToken);
}
