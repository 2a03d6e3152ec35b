using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>A designation ended, by the patient or by the person who accepted it.</summary>
internal sealed class EndTrustedPerson(AccessPolicy policy, RequestLog requestLog, WishVault vault, TimeProvider time)
{
    public async Task<EndTrustedPersonResponse> RunAsync(Call call, EndTrustedPersonRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var id = faults.Id(request.TrustedPersonId, "trusted_person_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer is not sealed, so that a repeat opens the designation anew.
        TrustedPerson? named = null;
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new EndTrustedPersonRequest(request) { RequestId = "" }),
            EndTrustedPersonResponse.Parser,
            async connection =>
            {
                var row = await RequireEndableAsync(connection, call, recordId, id, ct);
                named = await vault.OpenAsync(row, id, TrustedPerson.Parser, ct);
                return row;
            },
            async (connection, row) =>
            {
                var now = time.GetUtcNow();
                if (WishRules.IsLiving(row, now))
                {
                    await TrustedPersonSql.EndAsync(connection, row, now, ct);
                    row = row with { EndTime = now };
                    await OutboxSql.AppendAsync(
                        connection, call, OutboxKind.TrustedPersonEnded, recordId, now, new() { SubjectId = id }, ct);
                }

                return new EndTrustedPersonResponse { TrustedPerson = row.ToMessage(now) };
            },
            ct);
        if (named is not null)
        {
            response.TrustedPerson.MergeFrom(named);
        }

        return response;
    }

    /// <summary>Whoever accepted may always give it up, without any right on the record. Others are the patient.</summary>
    private async Task<TrustedPersonRow> RequireEndableAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid id, CancellationToken ct)
    {
        var facts = await AccessSql.FindLockedAsync(connection, call.Caller, recordId, time.GetUtcNow(), ct);
        var row = await TrustedPersonSql.FindAsync(connection, recordId, id, ct);
        if (row is not null && row.AccepterSubject == call.Caller.Subject)
        {
            call.ActAs(Capacity.TrustedPerson, delegateName: null);
            return row;
        }

        WishRules.RequirePatient(policy.Require(call, recordId, facts));
        return row ?? throw Failures.Of(ErrorReason.TrustedPersonNotFound);
    }
}
