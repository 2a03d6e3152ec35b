using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;

namespace Dmp.Server.Records;

/// <summary>Administrative data of a record changed.</summary>
internal sealed class UpdateRecord(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<UpdateRecordResponse> RunAsync(Call call, UpdateRecordRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        RecordRules.CheckAdministrativeData(request.AdministrativeData, faults);
        RecordRules.CheckMask(request.UpdateMask, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new UpdateRecordRequest(request) { RequestId = "" }),
            UpdateRecordResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var row = await RecordSql.FindAsync(connection, access, ct);
                if (row.Etag != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var changed = RecordRules.Update(row, request.AdministrativeData, request.UpdateMask, now);
                var written = await RecordSql.UpdateAsync(connection, changed, ct)
                    ?? throw Failures.Of(ErrorReason.EtagMismatch);
                await OutboxSql.AppendAsync(connection, call, OutboxKind.RecordUpdated, recordId, now, null, ct);
                return new UpdateRecordResponse { Record = written.ToMessage() };
            },
            ct);
    }
}
