using Dmp.Emergency.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Dmp.Type.V1;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Emergencies;

/// <summary>An emergency access opened, for a few hours.</summary>
internal sealed class OpenEmergencyAccess(
    AccessPolicy policy,
    RequestLog requestLog,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time)
{
    public Task<OpenEmergencyAccessResponse> RunAsync(Call call, OpenEmergencyAccessRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        EmergencyRules.Check(request, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new OpenEmergencyAccessRequest(request) { RequestId = "" }),
            OpenEmergencyAccessResponse.Parser,
            async connection =>
            {
                // Locked: a switch that is being closed is closed before, or after.
                var facts = await AccessSql.FindLockedAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
                policy.Require(call, recordId, facts);
                return facts is not null && EmergencyRules.MayOpen(call.Caller, request.Mode, facts)
                    ? facts
                    : throw Failures.Of(ErrorReason.EmergencyNotAllowed);
            },
            async (connection, facts) =>
            {
                var now = time.GetUtcNow();
                var row = await EmergencySql.InsertAsync(
                    connection,
                    new EmergencyAccessRow
                    {
                        EmergencyAccessId = Guid.CreateVersion7(now),
                        RecordId = recordId,
                        ProfessionalId = call.Caller.ProfessionalId
                            ?? throw new InvalidOperationException("A professional without an identifier."),
                        Actor = call.ActingCaller.ToActor().ToByteArray(),
                        Mode = (short)request.Mode,
                        Reason = request.Reason.Trim(),
                        OpenTime = now,
                        ExpireTime = now.AddHours(accessOptions.Value.EmergencyHours),
                    },
                    ct);

                // The notices to the patient and the attending physicians start from this row.
                await OutboxSql.AppendAsync(
                    connection,
                    call,
                    OutboxKind.EmergencyOpened,
                    recordId,
                    now,
                    new() { ActorKind = (short)ActorKind.Professional, ActorId = row.ProfessionalId, SubjectId = row.EmergencyAccessId },
                    ct);
                return new OpenEmergencyAccessResponse
                {
                    EmergencyAccess = row.ToMessage(),
                    MaskedDocumentsShown = facts.EmergencyMaskedAllowed,
                };
            },
            ct);
    }
}
