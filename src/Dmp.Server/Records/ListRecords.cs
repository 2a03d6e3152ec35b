using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Records;

/// <summary>The records of a person, or those on which a carer has an authorisation.</summary>
internal sealed class ListRecords(TracedReads reads, PageTokens pageTokens, TimeProvider time)
{
    public Task<ListRecordsResponse> RunAsync(Call call, ListRecordsRequest request, CancellationToken ct)
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
        IdPage page = new(pageTokens, call.Caller, new ListRecordsRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RecordListSql.ScopeOf(call.Caller).ApplyAsync(connection, ct);
                var found = call.Caller.Kind.IsPerson
                    ? await RecordListSql.ListOwnedAsync(connection, call.Caller, time.GetUtcNow(), page.After, page.RowsMax, ct)
                    : await RecordListSql.ListAuthorizedAsync(
                        connection, call.Caller, time.GetUtcNow(), authorizedAfter, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.RecordId);
                return new ListRecordsResponse { Records = { rows.Select(row => row.ToMessage()) }, NextPageToken = nextToken };
            },
            ct);
    }
}
