using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Emergencies;

internal sealed partial class EmergencyService
{
    public override Task<AcknowledgeEmergencyAccessResponse> AcknowledgeEmergencyAccess(
        AcknowledgeEmergencyAccessRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var emergencyAccessId = faults.Id(request.EmergencyAccessId, "emergency_access_id");
        EmergencyRules.CheckComment(request.Comment, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestLog.Fingerprint(call.Method, new AcknowledgeEmergencyAccessRequest(request) { RequestId = "" }),
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
                    row = await EmergencySql.AcknowledgeAsync(connection, row, call.Caller.ToActor().ToByteArray(), comment, now, ct);
                    await OutboxSql.AppendAsync(
                        connection, OutboxKind.EmergencyAcknowledged, recordId, now, new() { SubjectId = row.EmergencyAccessId }, ct);
                }

                return new AcknowledgeEmergencyAccessResponse { EmergencyAccess = row.ToMessage() };
            },
            ct);
    }
}
