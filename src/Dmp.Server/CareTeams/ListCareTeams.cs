using Dapper;
using Dmp.CareTeam.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.CareTeams;

/// <summary>Care teams of a record.</summary>
internal sealed class ListCareTeams(Database database, AccessPolicy policy, AuditTrail audit)
{
    public async Task<ListCareTeamsResponse> RunAsync(Call call, ListCareTeamsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await CareTeamSql.ListAsync(connection, access, onlyMine: !access.IsOwner, ct)).AsList();
                var members = await CareTeamMapping.MembersAsync(connection, rows.Select(row => row.CareTeamId), ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new ListCareTeamsResponse { CareTeams = { rows.Select(row => CareTeamMapping.ToMessage(row, members)) } };
            },
            ct);
    }
}
