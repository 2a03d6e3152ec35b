using Dapper;
using Dmp.Emergency.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>The reviewers' queue.</summary>
internal sealed class ListUnacknowledgedAccesses(Database database, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListUnacknowledgedAccessesResponse> RunAsync(
        Call call, ListUnacknowledgedAccessesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListUnacknowledgedAccessesRequest(request) { PageToken = "" };
        var after = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfTask(RowScope.Review, call.Caller).ApplyAsync(connection, ct);
                var rows = (await EmergencySql.ListQueueAsync(connection, after, pageSize + 1, ct)).AsList();
                var response = new ListUnacknowledgedAccessesResponse();
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
