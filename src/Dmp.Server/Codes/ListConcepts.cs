using Dmp.Codes.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Codes;

/// <summary>The concepts of one list, page by page.</summary>
internal sealed class ListConcepts(Database database, AuditTrail audit, PageTokens pageTokens, TimeProvider time)
{
    public async Task<ListConceptsResponse> RunAsync(Call call, ListConceptsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();

        var now = time.GetUtcNow();
        ListConceptsRequest query = new(request) { PageToken = "" };
        (DateTimeOffset Time, Guid EditionId, int Place)? after =
            pageTokens.Read(request.PageToken, call.Caller, query) is { } position ? PageTokens.ReadPosition(position) : null;
        var (list, rows) = await database.InBatchesAsync(
            async connection =>
            {
                var inForce = (await CodeSql.FindAsync(connection, [request.ListOid], now, ct)).SingleOrDefault()
                    ?? throw Failures.Of(ErrorReason.CodeListNotFound);

                // Two pages of two editions would be no list at all.
                return after is not null && after.Value.EditionId != inForce.EditionId
                    ? throw Failures.Of(ErrorReason.PageTokenInvalid)
                    : (inForce, await CodeSql.PageAsync(connection, inForce, after?.Place ?? 0, pageSize + 1, ct));
            },
            ct);

        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var response = new ListConceptsResponse
        {
            List = CodeMapping.ToMessage(list),
            Concepts = { rows.Take(pageSize).Select(row => CodeMapping.ToMessage(row, today)) },
        };
        if (rows.Count > pageSize)
        {
            response.NextPageToken = pageTokens.Create(
                call.Caller, query, PageTokens.Position(list.EffectiveTime, list.EditionId, rows[pageSize - 1].Place));
        }

        await audit.TraceReadAsync(call, [], ct);
        return response;
    }
}
