using Dmp.Consent.V1;
using Dmp.Server.Consents;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Contract = Dmp.Consent.V1.ConsentService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of consents. Each is a class of its name.</summary>
internal sealed class ConsentService : Contract.ConsentServiceBase
{
    public override Task<GrantConsentResponse> GrantConsent(GrantConsentRequest request, ServerCallContext context) =>
        context.Method<GrantConsent>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<DeclareConsentResponse> DeclareConsent(DeclareConsentRequest request, ServerCallContext context) =>
        context.Method<DeclareConsent>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RevokeConsentResponse> RevokeConsent(RevokeConsentRequest request, ServerCallContext context) =>
        context.Method<RevokeConsent>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ResignAttendingPhysicianResponse> ResignAttendingPhysician(
        ResignAttendingPhysicianRequest request, ServerCallContext context) =>
        context.Method<ResignAttendingPhysician>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ReapproveConsentsResponse> ReapproveConsents(ReapproveConsentsRequest request, ServerCallContext context) =>
        context.Method<ReapproveConsents>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListConsentsResponse> ListConsents(ListConsentsRequest request, ServerCallContext context) =>
        context.Method<ListConsents>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<BlockActorResponse> BlockActor(BlockActorRequest request, ServerCallContext context) =>
        context.Method<BlockActor>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UnblockActorResponse> UnblockActor(UnblockActorRequest request, ServerCallContext context) =>
        context.Method<UnblockActor>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListBlocksResponse> ListBlocks(ListBlocksRequest request, ServerCallContext context) =>
        context.Method<ListBlocks>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<GetConsentSettingsResponse> GetConsentSettings(GetConsentSettingsRequest request, ServerCallContext context) =>
        context.Method<GetConsentSettings>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<UpdateConsentSettingsResponse> UpdateConsentSettings(
        UpdateConsentSettingsRequest request, ServerCallContext context) =>
        context.Method<UpdateConsentSettings>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<AddVisibilityRuleResponse> AddVisibilityRule(AddVisibilityRuleRequest request, ServerCallContext context) =>
        context.Method<AddVisibilityRule>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RemoveVisibilityRuleResponse> RemoveVisibilityRule(
        RemoveVisibilityRuleRequest request, ServerCallContext context) =>
        context.Method<RemoveVisibilityRule>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListVisibilityRulesResponse> ListVisibilityRules(ListVisibilityRulesRequest request, ServerCallContext context) =>
        context.Method<ListVisibilityRules>().RunAsync(context.Call, request, context.CancellationToken);
}
