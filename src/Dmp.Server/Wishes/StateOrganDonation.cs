using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>A position on organ donation, in the place of what was stated before.</summary>
internal sealed class StateOrganDonation(AccessPolicy policy, RequestLog requestLog, WishStating stating)
{
    public async Task<StateOrganDonationResponse> RunAsync(Call call, StateOrganDonationRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        WishRules.Check(request, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer is not sealed: see SetEmergencyContacts.
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new StateOrganDonationRequest(request) { RequestId = "" }),
            StateOrganDonationResponse.Parser,
            async connection => WishRules.RequireDonor(await policy.RequireLockedAsync(connection, call, recordId, ct)),
            async (connection, access) =>
            {
                OrganDonation stated = new() { Position = request.Position, Exceptions = request.Exceptions };
                var row = await stating.StateAsync(connection, call, access, WishKind.OrganDonation, stated, ct);
                return new StateOrganDonationResponse { OrganDonation = WishRules.Of(new OrganDonation(), row) };
            },
            ct);
        response.OrganDonation.Position = request.Position;
        response.OrganDonation.Exceptions = request.Exceptions;
        return response;
    }
}
