using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Emergencies;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Records;

/// <summary>A record closed at the wish of its patient, or after death.</summary>
internal sealed class CloseRecord(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<CloseRecordResponse> RunAsync(Call call, CloseRecordRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        RecordRules.CheckClosing(request, call.Caller.Kind, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var fingerprint = RequestFingerprint.Of(call.Method, new CloseRecordRequest(request) { RequestId = "" });

        return requestLog.RunOnceAsync(
            call,
            requestId,
            fingerprint,
            CloseRecordResponse.Parser,
            // Closing refuses a closed record, which is what the first call has made of it.
            connection => policy.RequireLockedOrRepeatAsync(connection, call, recordId, requestId, fingerprint, ct),
            async (connection, access) =>
            {
                var row = await RecordSql.FindAsync(connection, access, ct);
                if (request.Etag.Length > 0 && row.Etag != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var closed = RecordRules.Close(row, request.Reason, request.Comment, now);
                var written = await RecordSql.UpdateAsync(connection, closed, ct)
                    ?? throw Failures.Of(ErrorReason.EtagMismatch);
                await EmergencyEndSql.OfClosingAsync(connection, access, now, ct);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.RecordClosed, recordId, now, null, ct);
                return new CloseRecordResponse { Record = written.ToMessage() };
            },
            ct);
    }
}
