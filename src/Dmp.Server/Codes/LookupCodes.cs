using Dmp.Codes.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Codes;

/// <summary>What codes mean.</summary>
internal sealed class LookupCodes(Database database, AuditTrail audit, TimeProvider time)
{
    public async Task<LookupCodesResponse> RunAsync(Call call, LookupCodesRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        faults.Require(request.Codes.Count > 0, "codes", "Must have one code at least.");
        faults.ThrowIfAny();

        var now = time.GetUtcNow();
        var oids = request.Codes.Select(code => code.ListOid).ToHashSet(StringComparer.Ordinal);
        var (lists, found) = await database.InBatchesAsync(
            async connection =>
            {
                var inForce = (await CodeSql.FindAsync(connection, oids, now, ct)).ToDictionary(list => list.ListOid);
                var questions = request.Codes.Where(code => inForce.ContainsKey(code.ListOid))
                    .Select(code => new CodeQuestion(inForce[code.ListOid], code.Code, code.System))
                    .ToList();
                return (inForce, (await CodeSql.LookupAsync(connection, questions, ct)).ToLookup(row => row.Query));
            },
            ct);

        var response = Answer(request, lists, found, DateOnly.FromDateTime(now.UtcDateTime));
        await audit.TraceReadAsync(call, [], ct);
        return response;
    }

    private static LookupCodesResponse Answer(
        LookupCodesRequest request, Dictionary<string, CodeListRow> lists, ILookup<int, ConceptRow> found, DateOnly today)
    {
        LookupCodesResponse response = new();
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        var question = 0;
        foreach (var code in request.Codes)
        {
            if (!lists.TryGetValue(code.ListOid, out var list))
            {
                response.Results.Add(new LookupResult { Outcome = LookupOutcome.ListNotInForce });
                continue;
            }

            if (places.TryAdd(code.ListOid, response.Lists.Count))
            {
                response.Lists.Add(CodeMapping.ToMessage(list));
            }

            LookupResult result = new()
            {
                List = places[code.ListOid],
                Concepts =
                {
                    found[++question].GroupBy(row => row.SystemOid)
                        .Select(rows => CodeMapping.ToMessage(CodeMapping.On(rows, today), today)),
                },
            };
            result.Outcome = result.Concepts.Count > 0 ? LookupOutcome.Found : LookupOutcome.UnknownCode;
            response.Results.Add(result);
        }

        return response;
    }
}
