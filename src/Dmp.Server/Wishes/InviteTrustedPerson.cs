using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Delegations;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;

namespace Dmp.Server.Wishes;

/// <summary>A trusted person named, who has to accept by a code that is told once.</summary>
internal sealed class InviteTrustedPerson(AccessPolicy policy, RequestLog requestLog, WishVault vault, TimeProvider time)
{
    public async Task<InviteTrustedPersonResponse> RunAsync(Call call, InviteTrustedPersonRequest request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        WishRules.Check(request, now, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer has neither the code, as in InviteDelegate, nor what is sealed, as in SetEmergencyContacts.
        var code = "";
        TrustedPerson named = new()
        {
            Name = request.Name,
            PhoneNumber = request.PhoneNumber,
            RelationshipCode = request.RelationshipCode,
            CourtAuthorization = request.CourtAuthorization,
        };
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new InviteTrustedPersonRequest(request) { RequestId = "" }),
            InviteTrustedPersonResponse.Parser,
            async connection => WishRules.RequireAdult(
                await policy.RequireLockedAsync(connection, call, recordId, ct), request.CourtAuthorization),
            async (connection, access) =>
            {
                code = DelegationRules.NewCode();
                var id = Guid.CreateVersion7(now);
                var (content, keyId) = await vault.SealAsync(connection, recordId, id, named, ct);
                TrustedPersonRow row = new()
                {
                    TrustedPersonId = id,
                    RecordId = recordId,
                    Content = content,
                    RecordKeyId = keyId,
                    CodeSha256 = DelegationRules.Hash(code),
                    CodeExpireTime = WishRules.CodeExpireTime(now),
                    CreateTime = now,
                    StayEndTime = request.StayEndTime?.ToDateTimeOffset(),
                };
                await TrustedPersonSql.InviteAsync(connection, row, ct);
                await OutboxSql.AppendAsync(
                    connection, call, OutboxKind.TrustedPersonInvited, recordId, now, new() { SubjectId = id }, ct);
                return new InviteTrustedPersonResponse { TrustedPerson = row.ToMessage(now) };
            },
            ct);
        response.TrustedPerson.MergeFrom(named);
        response.Code = code;
        return response;
    }
}
