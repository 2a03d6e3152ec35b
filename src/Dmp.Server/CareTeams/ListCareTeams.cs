using Dapper;
using Dmp.CareTeam.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.CareTeams;

/// <summary>Care teams of a record.</summary>
internal sealed class ListCareTeams(TracedReads reads)
{
    public Task<ListCareTeamsResponse> RunAsync(Call call, ListCareTeamsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var rows = (await CareTeamSql.ListAsync(connection, access, onlyMine: !access.IsOwner, ct)).AsList();
                var members = await CareTeamMapping.MembersAsync(connection, rows.Select(row => row.CareTeamId), ct);
                return new ListCareTeamsResponse { CareTeams = { rows.Select(row => CareTeamMapping.ToMessage(row, members)) } };
            },
            ct);
    }
}
