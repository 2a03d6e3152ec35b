using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>Whom to call, in the place of what was stated before.</summary>
internal sealed class SetEmergencyContacts(AccessPolicy policy, RequestLog requestLog, WishStating stating)
{
    public async Task<SetEmergencyContactsResponse> RunAsync(Call call, SetEmergencyContactsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        WishRules.Check(request, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer is not sealed. It holds nothing of what was stated, which a repeat brings with it.
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new SetEmergencyContactsRequest(request) { RequestId = "" }),
            SetEmergencyContactsResponse.Parser,
            async connection => WishRules.RequireOwner(await policy.RequireLockedAsync(connection, call, recordId, ct)),
            async (connection, access) =>
            {
                EmergencyContacts stated = new() { Contacts = { request.Contacts } };
                var row = await stating.StateAsync(connection, call, access, WishKind.EmergencyContacts, stated, ct);
                return new SetEmergencyContactsResponse { EmergencyContacts = WishRules.Of(new EmergencyContacts(), row) };
            },
            ct);
        response.EmergencyContacts.Contacts.Add(request.Contacts);
        return response;
    }
}
