using System.Globalization;
using Dmp.Delegation.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Google.Protobuf;

namespace Dmp.Server.Delegations;

/// <summary>A person invited to the record, by a code that is told once.</summary>
internal sealed class InviteDelegate(AccessPolicy policy, RequestLog requestLog, TimeProvider time)
{
    public async Task<InviteDelegateResponse> RunAsync(Call call, InviteDelegateRequest request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var (start, end) = DelegationRules.Check(request, now, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer has no code: a code that could be asked for again would be a password in the database.
        var code = "";
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new InviteDelegateRequest(request) { RequestId = "" }),
            InviteDelegateResponse.Parser,
            async connection =>
            {
                var access = await policy.RequireLockedAsync(connection, call, recordId, ct);
                return DelegationRules.MayInvite(access, request.Kind) ? access : throw Failures.Of(ErrorReason.DelegationNotAllowed);
            },
            async (connection, access) =>
            {
                // The record is locked: two invitations at once are counted one after the other.
                var living = await DelegationSql.ListLivingAsync(connection, recordId, ct);
                var limit = DelegationRules.LimitOf(request.Kind);
                if (living.Count(
                    row => row.Kind == (short)request.Kind && DelegationRules.IsLiving(row, access.IsRepresented, now)) >= limit)
                {
                    throw Failures.Of(ErrorReason.DelegationLimitReached, ("limit", limit.ToString(CultureInfo.InvariantCulture)));
                }

                code = DelegationRules.NewCode();
                var row = await DelegationSql.InsertAsync(
                    connection,
                    new DelegationRow
                    {
                        DelegationId = Guid.CreateVersion7(now),
                        RecordId = recordId,
                        Kind = (short)request.Kind,
                        DelegateName = request.DelegateName,
                        RelationshipCode = request.RelationshipCode.Length == 0 ? null : request.RelationshipCode,
                        InvitedBy = access.Caller.ToActor().ToByteArray(),
                        InvitedBySubject = access.Caller.Subject,
                        InvitedByPatient = access.Capacity == Capacity.Patient,
                        CodeSha256 = DelegationRules.Hash(code),
                        CodeExpireTime = DelegationRules.CodeExpireTime(now),
                        CreateTime = now,
                        StartTime = start,
                        EndTime = end,
                    },
                    ct);
                await OutboxSql.AppendAsync(
                    connection, call, OutboxKind.DelegationInvited, recordId, now, new() { SubjectId = row.DelegationId }, ct);
                return new InviteDelegateResponse { Delegation = row.ToMessage(access.IsRepresented, now) };
            },
            ct);
        response.Code = code;
        return response;
    }
}
