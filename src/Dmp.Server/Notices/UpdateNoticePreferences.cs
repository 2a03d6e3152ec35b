using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;

namespace Dmp.Server.Notices;

internal sealed partial class NoticeService
{
    public override Task<UpdateNoticePreferencesResponse> UpdateNoticePreferences(
        UpdateNoticePreferencesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        NoticePreferenceRules.Check(request.Preferences, request.UpdateMask, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new UpdateNoticePreferencesRequest(request) { RequestId = "" }),
            UpdateNoticePreferencesResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var row = await NoticePreferenceSql.FindAsync(connection, access, ct);
                if (Etag.Of(row.Revision) != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var changed = NoticePreferenceRules.Update(row, request.Preferences, request.UpdateMask, time.GetUtcNow());
                if (NoticePreferenceRules.SilencesEmergencies(changed))
                {
                    throw Failures.Of(ErrorReason.NoticeChannelRequired);
                }

                var written = await NoticePreferenceSql.WriteAsync(connection, changed, ct);
                return new UpdateNoticePreferencesResponse { Preferences = written.ToMessage() };
            },
            ct);
    }
}
