using Dapper;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Records;

/// <summary>The records of a person, or those on which a carer has an authorisation.</summary>
internal sealed class ListRecords(Database database, AuditTrail audit, PageTokens pageTokens, TimeProvider time)
{
    public async Task<ListRecordsResponse> RunAsync(Call call, ListRecordsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        var authorizedAfter = faults.Time(request.AuthorizedAfter, "authorized_after");
        faults.Require(
            authorizedAfter is not null || call.Caller is not { Kind: CallerKind.Structure, Authentication: AuthenticationMode.Indirect },
            "authorized_after",
            "Required for a structure without a person: it may only list new authorisations (TD0.4).");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListRecordsRequest(request) { PageToken = "" };
        var after = pageTokens.ReadId(request.PageToken, call.Caller, query);

        // One row more than the page tells whether there is a next page.
        return await database.OnConnectionAsync(
            async connection =>
            {
                await RecordListSql.ScopeOf(call.Caller).ApplyAsync(connection, ct);
                var rows = call.Caller.Kind is CallerKind.Patient or CallerKind.Representative
                    ? await RecordListSql.ListOwnedAsync(connection, call.Caller, time.GetUtcNow(), after, pageSize + 1, ct)
                    : await RecordListSql.ListAuthorizedAsync(
                        connection, call.Caller, time.GetUtcNow(), authorizedAfter, after, pageSize + 1, ct);
                var found = rows.AsList();

                var response = new ListRecordsResponse();
                response.Records.AddRange(found.Take(pageSize).Select(row => row.ToMessage()));
                if (found.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(found[pageSize - 1].RecordId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
