using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>A statement taken back.</summary>
internal sealed class RevokeWish(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<RevokeWishResponse> RunAsync(Call call, RevokeWishRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        WishRules.Check(request, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RevokeWishRequest(request) { RequestId = "" }),
            RevokeWishResponse.Parser,
            async connection =>
            {
                var access = await policy.RequireLockedAsync(connection, call, recordId, ct);
                return request.Kind == WishKind.EmergencyContacts ? WishRules.RequireOwner(access) : WishRules.RequirePatient(access);
            },
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                if (await WishSql.EndAsync(connection, access, (short)request.Kind, (short)WishState.Revoked, now, ct))
                {
                    await OutboxSql.AppendAsync(connection, call, OutboxKind.WishRevoked, recordId, now, null, ct);
                }

                return new RevokeWishResponse();
            },
            ct);
    }
}
