using Dmp.Access.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Type.V1;

namespace Dmp.Server.Explanations;

/// <summary>The documents that a professional would find, as the owner sees them.</summary>
internal sealed class SimulateAccess(
    TracedReads reads,
    PageTokens pageTokens,
    TimeProvider time,
    ProfessionalExplanations explanations)
{
    public async Task<SimulateAccessResponse> RunAsync(Call call, SimulateAccessRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.Require(
            request.Actor is { Kind: ActorKind.Professional, Id.Length: > 0 }, "actor", "Must be a professional with an identifier.");
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new SimulateAccessRequest(request) { PageToken = "" };
        var position = pageTokens.Read(request.PageToken, call.Caller, query);
        var after = position is null ? DocumentSearch.FirstPage : PageTokens.ReadPosition(position);

        return await reads.OfDocumentsAsync<SimulateAccessResponse>(
            call,
            recordId,
            async (connection, owner) =>
            {
                var professional = await ProfessionalExplanations.AsSeenAsync(connection, owner, request.Actor!, request.Profession, ct);
                var explained = await explanations.ExplainAsync(connection, professional, recordId, Guid.Empty, owner.SeesSecret, ct);
                var response = new SimulateAccessResponse { Allowed = explained.IsAllowed, Steps = { explained.Steps } };
                if (explained.IsAllowed)
                {
                    var now = time.GetUtcNow();
                    var facts = await AccessSql.FindAsync(connection, professional, recordId, now, ct, owner.SeesSecret)
                        ?? throw new InvalidOperationException("A record vanished under its owner.");
                    var access = AccessPolicy.Suppose(professional, facts, now);
                    var search = DocumentSearch.Approved with { After = after, Limit = pageSize + 1 };
                    var rows = await DocumentSql.SearchAsync(connection, access, search, ct, owner);
                    response.Documents.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                    if (rows.Count > pageSize)
                    {
                        var last = rows[pageSize - 1];
                        response.NextPageToken = pageTokens.Create(
                            call.Caller, query, PageTokens.Position(last.ServiceStartTime, last.DocumentId, last.Version));
                    }
                }

                return (response, [.. response.Documents.Select(TracedDocument.Of)]);
            },
            ct);
    }
}
