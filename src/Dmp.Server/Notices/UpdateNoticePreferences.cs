using Dmp.Error.V1;
using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Notices;

/// <summary>How the patient wants to be told, changed.</summary>
internal sealed class UpdateNoticePreferences(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<UpdateNoticePreferencesResponse> RunAsync(Call call, UpdateNoticePreferencesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        NoticePreferenceRules.Check(request.Preferences, request.UpdateMask, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new UpdateNoticePreferencesRequest(request) { RequestId = "" }),
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
