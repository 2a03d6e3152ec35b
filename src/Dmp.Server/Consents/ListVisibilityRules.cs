using Dapper;
using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Rules by which documents are hidden from actors.</summary>
internal sealed class ListVisibilityRules(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListVisibilityRulesResponse> RunAsync(Call call, ListVisibilityRulesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListVisibilityRulesRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await VisibilityRuleSql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var response = new ListVisibilityRulesResponse();
                response.Rules.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(
                        call.Caller, query, PageTokens.Position(rows[pageSize - 1].VisibilityRuleId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
