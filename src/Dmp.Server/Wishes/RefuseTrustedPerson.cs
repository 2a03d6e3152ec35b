using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>A designation declined by the person who has its code.</summary>
internal sealed class RefuseTrustedPerson(RequestLog requestLog, TimeProvider time)
{
    public Task<RefuseTrustedPersonResponse> RunAsync(Call call, RefuseTrustedPersonRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RefuseTrustedPersonRequest(request) { RequestId = "" }),
            RefuseTrustedPersonResponse.Parser,
            connection => TrustedPersonInvitation.RequireAsync(connection, call, request.Code, time.GetUtcNow(), ct),
            async (connection, invitation) =>
            {
                var now = time.GetUtcNow();
                var row = invitation.Row;
                invitation.RequireOpen(now);
                call.ActAs(Capacity.TrustedPerson, delegateName: null);
                await TrustedPersonSql.RefuseAsync(connection, row, now, ct);
                await OutboxSql.AppendAsync(
                    connection, call, OutboxKind.TrustedPersonRefused, row.RecordId, now, new() { SubjectId = row.TrustedPersonId }, ct);
                return new RefuseTrustedPersonResponse();
            },
            ct);
    }
}
