using Dmp.CareTeam.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Requests;
using Microsoft.Extensions.Options;

namespace Dmp.Server.CareTeams;

/// <summary>A formal care team, which belongs to no record.</summary>
internal sealed class RegisterCareTeam(RequestLog requestLog, IOptions<RealmOptions> realm, TimeProvider time)
{
    public Task<RegisterCareTeamResponse> RunAsync(Call call, RegisterCareTeamRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        faults.Text(request.Name, "name", CareTeamRules.NameCharactersMax);
        CareTeamRules.CheckMembers(request.Members, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new RegisterCareTeamRequest(request) { RequestId = "" }),
            RegisterCareTeamResponse.Parser,
            connection => RowScope.OfTeams(call.Caller).ApplyAsync(connection, ct),
            async (connection, _) => new RegisterCareTeamResponse
            {
                CareTeam = await CareTeamCreation.CreateAsync(connection, call, null, request.Name, request.Members, time.GetUtcNow(), ct),
            },
            ct);
    }
}
