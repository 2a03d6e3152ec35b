using Dmp.CareTeam.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Microsoft.Extensions.Options;

namespace Dmp.Server.CareTeams;

/// <summary>A care team that a patient recognises for the own record.</summary>
internal sealed class RecognizeCareTeam(AccessPolicy policy, RequestLog requestLog, IOptions<RealmOptions> realm, TimeProvider time)
{
    public Task<RecognizeCareTeamResponse> RunAsync(Call call, RecognizeCareTeamRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Text(request.Name, "name", CareTeamRules.NameCharactersMax);
        CareTeamRules.CheckMembers(request.Members, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RecognizeCareTeamRequest(request) { RequestId = "" }),
            RecognizeCareTeamResponse.Parser,
            connection => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, _) => new RecognizeCareTeamResponse
            {
                CareTeam = await CareTeamCreation.CreateAsync(
                    connection, call, recordId, request.Name, request.Members, time.GetUtcNow(), ct),
            },
            ct);
    }
}
