using Dapper;
using Dmp.Emergency.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>Emergency accesses to a record.</summary>
internal sealed class ListEmergencyAccesses(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListEmergencyAccessesResponse> RunAsync(Call call, ListEmergencyAccessesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListEmergencyAccessesRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await EmergencySql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var response = new ListEmergencyAccessesResponse();
                response.EmergencyAccesses.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(
                        call.Caller, query, PageTokens.Position(rows[pageSize - 1].EmergencyAccessId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
