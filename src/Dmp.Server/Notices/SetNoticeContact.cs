using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Records;
using Dmp.Server.Requests;

namespace Dmp.Server.Notices;

/// <summary>The address at which a professional gets notices, changed.</summary>
internal sealed class SetNoticeContact(RequestLog requestLog, TimeProvider time)
{
    public Task<SetNoticeContactResponse> RunAsync(Call call, SetNoticeContactRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(
            request.Email.Length == 0 || RecordRules.IsEmail(request.Email), "email",
            "Must be an e-mail address of at most 254 characters.");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new SetNoticeContactRequest(request) { RequestId = "" }),
            SetNoticeContactResponse.Parser,
            // The address belongs to the caller, and the connection is for nobody else.
            connection => RowScope.OfActor(call.Caller).ApplyAsync(connection, ct),
            async (connection, _) =>
            {
                await NoticeContactSql.WriteAsync(connection, call.Caller, request.Email, time.GetUtcNow(), ct);
                return new SetNoticeContactResponse { Email = request.Email };
            },
            ct);
    }
}
