using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Google.Protobuf;

namespace Dmp.Server.Emergencies;

/// <summary>An emergency access looked at by a reviewer.</summary>
internal sealed class AcknowledgeEmergencyAccess(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public Task<AcknowledgeEmergencyAccessResponse> RunAsync(Call call, AcknowledgeEmergencyAccessRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var emergencyAccessId = faults.Id(request.EmergencyAccessId, "emergency_access_id");
        EmergencyRules.CheckComment(request.Comment, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new AcknowledgeEmergencyAccessRequest(request) { RequestId = "" }),
            AcknowledgeEmergencyAccessResponse.Parser,
            connection => policy.RequireAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var row = await EmergencySql.FindForAcknowledgementAsync(connection, access, emergencyAccessId, ct)
                    ?? throw Failures.Of(ErrorReason.EmergencyAccessNotFound);
                if (row.AcknowledgeTime is null)
                {
                    var now = time.GetUtcNow();
                    var comment = request.Comment.Length == 0 ? null : request.Comment;
                    row = await EmergencySql.AcknowledgeAsync(connection, row, call.ActingCaller.ToActor().ToByteArray(), comment, now, ct);
                    await OutboxSql.AppendAsync(
                        connection, call, OutboxKind.EmergencyAcknowledged, recordId, now, new() { SubjectId = row.EmergencyAccessId }, ct);
                }

                return new AcknowledgeEmergencyAccessResponse { EmergencyAccess = row.ToMessage() };
            },
            ct);
    }
}
