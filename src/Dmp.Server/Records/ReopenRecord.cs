using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Records;

/// <summary>A closed record opened again.</summary>
internal sealed class ReopenRecord(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<ReopenRecordResponse> RunAsync(Call call, ReopenRecordRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new ReopenRecordRequest(request) { RequestId = "" }),
            ReopenRecordResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                if (access.IsOpen)
                {
                    throw Failures.Of(ErrorReason.RecordNotClosed);
                }

                var row = await RecordSql.FindAsync(connection, access, ct);
                if (request.Etag.Length > 0 && row.Etag != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var written = await RecordSql.UpdateAsync(connection, RecordRules.Reopen(row, now), ct)
                    ?? throw Failures.Of(ErrorReason.EtagMismatch);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.RecordReopened, recordId, now, null, ct);
                return new ReopenRecordResponse { Record = written.ToMessage() };
            },
            ct);
    }
}
