using Dapper;
using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Authorisations of a record.</summary>
internal sealed class ListConsents(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens, TimeProvider time)
{
    public async Task<ListConsentsResponse> RunAsync(Call call, ListConsentsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckStates(request.States, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListConsentsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);
        short[] states = request.States.Count == 0 ? [(short)ConsentState.Active] : [.. request.States.Select(state => (short)state)];
        var now = time.GetUtcNow();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await ConsentSql.ListAsync(connection, access, states, now, before, pageSize + 1, ct)).AsList();
                var response = new ListConsentsResponse();
                response.Consents.AddRange(rows.Take(pageSize).Select(row => row.ToMessage(now, access.MajorityTime)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].ConsentId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
