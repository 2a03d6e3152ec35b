using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Notices;

/// <summary>A notice that could not be delivered, tried again.</summary>
internal sealed class RetryNotice(RequestLog requestLog, IOptions<NoticeOptions> options, TimeProvider time)
{
    public Task<RetryNoticeResponse> RunAsync(Call call, RetryNoticeRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var noticeId = faults.Id(request.NoticeId, "notice_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RetryNoticeRequest(request) { RequestId = "" }),
            RetryNoticeResponse.Parser,
            connection => RowScope.OfNotices(call.Caller).ApplyAsync(connection, ct),
            async (connection, _) =>
            {
                var now = time.GetUtcNow();
                var deliveries = await NoticeListSql.RetryAsync(connection, noticeId, now, now + options.Value.RetryFor, ct);
                return deliveries > 0
                    ? new RetryNoticeResponse { Deliveries = deliveries }
                    : throw Failures.Of(ErrorReason.DeadLetterNotFound);
            },
            ct);
    }
}
