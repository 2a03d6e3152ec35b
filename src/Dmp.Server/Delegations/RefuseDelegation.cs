using Dmp.Delegation.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Delegations;

/// <summary>An invitation declined by the person who has its code.</summary>
internal sealed class RefuseDelegation(RequestLog requestLog, TimeProvider time)
{
    public Task<RefuseDelegationResponse> RunAsync(Call call, RefuseDelegationRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RefuseDelegationRequest(request) { RequestId = "" }),
            RefuseDelegationResponse.Parser,
            connection => Invitation.RequireAsync(connection, call, request.Code, time.GetUtcNow(), ct),
            async (connection, invitation) =>
            {
                var now = time.GetUtcNow();
                invitation.RequireOpen(now);
                await DelegationSql.RefuseAsync(connection, invitation.Row, now, ct);
                await OutboxSql.AppendAsync(
                    connection,
                    call,
                    OutboxKind.DelegationRefused,
                    invitation.Row.RecordId,
                    now,
                    new() { SubjectId = invitation.Row.DelegationId },
                    ct);
                return new RefuseDelegationResponse();
            },
            ct);
    }
}
