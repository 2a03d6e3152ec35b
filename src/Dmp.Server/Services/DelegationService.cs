using Dmp.Delegation.V1;
using Dmp.Server.Delegations;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Delegation.V1.DelegationService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of people around the patient. Each is a class of its name.</summary>
internal sealed class DelegationService : Contract.DelegationServiceBase
{
    public override Task<InviteDelegateResponse> InviteDelegate(InviteDelegateRequest request, ServerCallContext context) =>
        context.Method<InviteDelegate>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<AcceptDelegationResponse> AcceptDelegation(AcceptDelegationRequest request, ServerCallContext context) =>
        context.Method<AcceptDelegation>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RefuseDelegationResponse> RefuseDelegation(RefuseDelegationRequest request, ServerCallContext context) =>
        context.Method<RefuseDelegation>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RevokeDelegationResponse> RevokeDelegation(RevokeDelegationRequest request, ServerCallContext context) =>
        context.Method<RevokeDelegation>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListDelegationsResponse> ListDelegations(ListDelegationsRequest request, ServerCallContext context) =>
        context.Method<ListDelegations>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SetGuardianshipResponse> SetGuardianship(SetGuardianshipRequest request, ServerCallContext context) =>
        context.Method<SetGuardianship>().RunAsync(context.Call, request, context.CancellationToken);
}
