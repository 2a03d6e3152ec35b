using Dmp.Server.Pipeline;
using Dmp.Server.Wishes;
using Dmp.Wishes.V1;
using Grpc.Core;
using Contract = Dmp.Wishes.V1.WishService;

namespace Dmp.Server.Services;

/// <summary>gRPC's way to the methods of wishes. Each is a class of its name.</summary>
internal sealed class WishService : Contract.WishServiceBase
{
    public override Task<GetWishesResponse> GetWishes(GetWishesRequest request, ServerCallContext context) =>
        context.Method<GetWishes>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListWishVersionsResponse> ListWishVersions(ListWishVersionsRequest request, ServerCallContext context) =>
        context.Method<ListWishVersions>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<SetEmergencyContactsResponse> SetEmergencyContacts(
        SetEmergencyContactsRequest request, ServerCallContext context) =>
        context.Method<SetEmergencyContacts>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<StateOrganDonationResponse> StateOrganDonation(StateOrganDonationRequest request, ServerCallContext context) =>
        context.Method<StateOrganDonation>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<StateAdvanceDirectivesResponse> StateAdvanceDirectives(
        StateAdvanceDirectivesRequest request, ServerCallContext context) =>
        context.Method<StateAdvanceDirectives>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RevokeWishResponse> RevokeWish(RevokeWishRequest request, ServerCallContext context) =>
        context.Method<RevokeWish>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<InviteTrustedPersonResponse> InviteTrustedPerson(InviteTrustedPersonRequest request, ServerCallContext context) =>
        context.Method<InviteTrustedPerson>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<AcceptTrustedPersonResponse> AcceptTrustedPerson(AcceptTrustedPersonRequest request, ServerCallContext context) =>
        context.Method<AcceptTrustedPerson>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<RefuseTrustedPersonResponse> RefuseTrustedPerson(RefuseTrustedPersonRequest request, ServerCallContext context) =>
        context.Method<RefuseTrustedPerson>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<EndTrustedPersonResponse> EndTrustedPerson(EndTrustedPersonRequest request, ServerCallContext context) =>
        context.Method<EndTrustedPerson>().RunAsync(context.Call, request, context.CancellationToken);

    public override Task<ListTrustedPersonsResponse> ListTrustedPersons(ListTrustedPersonsRequest request, ServerCallContext context) =>
        context.Method<ListTrustedPersons>().RunAsync(context.Call, request, context.CancellationToken);
}
