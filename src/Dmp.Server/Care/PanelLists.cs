using Dmp.Codes.V1;
using Dmp.Error.V1;
using Dmp.Server.Codes;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Type.V1;

namespace Dmp.Server.Care;

/// <summary>What belongs to a panel, by a value set in force.</summary>
internal sealed class PanelLists(Database database, TimeProvider time)
{
    /// <summary>Most members of a panel.</summary>
    private const int MembersMax = 200;

    /// <summary>The members that are for use today; none when no list is named.</summary>
    /// <exception cref="Grpc.Core.RpcException">CODE_LIST_NOT_FOUND: it is not in force, or longer than a panel may be.</exception>
    public Task<(CodeList? List, IReadOnlyList<Coding> Members)> FindAsync(string listOid, CancellationToken ct)
    {
        if (listOid.Length == 0)
        {
            return Task.FromResult<(CodeList?, IReadOnlyList<Coding>)>((null, []));
        }

        var now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return database.InBatchesAsync<(CodeList?, IReadOnlyList<Coding>)>(
            async connection =>
            {
                var list = (await CodeSql.FindAsync(connection, [listOid], now, ct)).SingleOrDefault();
                if (list is null || list.ConceptCount > MembersMax)
                {
                    throw Failures.Of(ErrorReason.CodeListNotFound);
                }

                var rows = await CodeSql.PageAsync(connection, list, 0, MembersMax, ct);
                return (
                    CodeMapping.ToMessage(list),
                    [
                        .. rows.GroupBy(row => (row.SystemOid, row.Code))
                            .Select(concept => CodeMapping.ToMessage(CodeMapping.On(concept, today), today))
                            .Where(concept => concept.Status is ConceptStatus.Active or ConceptStatus.Discouraged)
                            .Select(concept => new Coding { System = concept.System, Code = concept.Code, Display = concept.Display }),
                    ]);
            },
            ct);
    }
}
