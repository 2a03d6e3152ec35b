using Dapper;
using Dmp.Delegation.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Delegations;

/// <summary>People around the patient, as far as the caller may know of them.</summary>
internal sealed class ListDelegations(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens, TimeProvider time)
{
    public async Task<ListDelegationsResponse> RunAsync(Call call, ListDelegationsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListDelegationsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var onlySubject = access.IsOwner ? null : call.Caller.Subject;
                var rows = (await DelegationSql.ListAsync(connection, access, onlySubject, before, pageSize + 1, ct)).AsList();
                var now = time.GetUtcNow();
                var response = new ListDelegationsResponse();
                response.Delegations.AddRange(rows.Take(pageSize).Select(row => row.ToMessage(access.IsRepresented, now)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].DelegationId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
