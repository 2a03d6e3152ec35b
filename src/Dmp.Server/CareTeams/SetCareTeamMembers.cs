using Dmp.CareTeam.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Microsoft.Extensions.Options;

namespace Dmp.Server.CareTeams;

/// <summary>Members of a care team, all at once.</summary>
internal sealed class SetCareTeamMembers(AccessPolicy policy, RequestLog requestLog, IOptions<RealmOptions> realm, TimeProvider time)
{
    public Task<SetCareTeamMembersResponse> RunAsync(Call call, SetCareTeamMembersRequest request, CancellationToken ct)
    {
        var isOperator = call.Caller.Kind == CallerKind.Operator;
        var faults = FieldFaults.Of(request);
        Guid? recordId = request.RecordId.Length == 0 ? null : call.ReadRecordId(request.RecordId, faults);
        faults.Require(
            isOperator == recordId is null,
            "record_id",
            isOperator ? "Must be empty: operators change formal teams." : "Required: the record of the recognised team.");
        var careTeamId = faults.Id(request.CareTeamId, "care_team_id");
        CareTeamRules.CheckMembers(request.Members, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new SetCareTeamMembersRequest(request) { RequestId = "" }),
            SetCareTeamMembersResponse.Parser,
            async connection => recordId is { } id
                ? (object)await policy.RequireLockedAsync(connection, call, id, ct)
                : await RowScope.OfTeams(call.Caller).ApplyAsync(connection, ct),
            async (connection, _) =>
            {
                var row = await CareTeamSql.FindForChangeAsync(connection, careTeamId, recordId, ct)
                    ?? throw Failures.Of(ErrorReason.CareTeamNotFound);
                if (Etag.Of(row.Revision) != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var members = CareTeamMapping.ToRows(careTeamId, request.Members);
                await CareTeamSql.SetMembersAsync(connection, careTeamId, recordId, members, now, ct);
                if (recordId is { } id)
                {
                    await OutboxSql.AppendAsync(
                        connection, call, OutboxKind.CareTeamChanged, id, now, new() { SubjectId = careTeamId }, ct);
                }
                else
                {
                    await CareTeamSql.TellOfRecordsAsync(connection, OutboxKind.CareTeamChanged, careTeamId, call.Caller, now, ct);
                }

                return new SetCareTeamMembersResponse
                {
                    CareTeam = CareTeamMapping.ToMessage(
                        row with { Revision = row.Revision + 1 }, await CareTeamMapping.MembersAsync(connection, [careTeamId], ct)),
                };
            },
            ct);
    }
}
