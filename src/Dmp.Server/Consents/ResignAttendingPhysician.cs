using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Type.V1;
using Google.Protobuf;

namespace Dmp.Server.Consents;

/// <summary>The role of attending physician given up by its holder.</summary>
internal sealed class ResignAttendingPhysician(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<ResignAttendingPhysicianResponse> RunAsync(Call call, ResignAttendingPhysicianRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var fingerprint = RequestFingerprint.Of(call.Method, new ResignAttendingPhysicianRequest(request) { RequestId = "" });

        return requestLog.RunOnceAsync(
            call,
            requestId,
            fingerprint,
            ResignAttendingPhysicianResponse.Parser,
            // The function is for attending physicians: whoever resigned is none any more when the call is repeated.
            connection => policy.RequireLockedOrRepeatAsync(connection, call, recordId, requestId, fingerprint, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var professionalId = access.Caller.ProfessionalId
                    ?? throw new InvalidOperationException("A professional without an identifier.");
                var row = await ConsentSql.FindLivingAsync(
                    connection, access, (short)ActorKind.Professional, professionalId, hidden: false, ct)
                    ?? throw Failures.Of(ErrorReason.ConsentNotFound);
                if (row.AttendingPhysician)
                {
                    row = await ConsentSql.RenewAsync(
                        connection,
                        row with { AttendingPhysician = false, GivenBy = call.ActingCaller.ToActor().ToByteArray() },
                        ct);
                    await ConsentGiving.TellAsync(connection, call, OutboxKind.ConsentGranted, row, now, ct);
                }

                return new ResignAttendingPhysicianResponse { Consent = row.ToMessage(now, access.MajorityTime) };
            },
            ct);
    }
}
