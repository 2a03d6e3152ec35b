using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Explanations;

internal sealed partial class AccessService
{
    public override async Task<ListWhoCanSeeResponse> ListWhoCanSee(ListWhoCanSeeRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var documentId = faults.Id(request.DocumentId, "document_id");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var owner = await policy.RequireAsync(connection, call, recordId, ct);
                if (!await ExplanationSql.ExistsAsync(connection, owner, documentId, ct))
                {
                    throw Failures.Of(ErrorReason.DocumentNotFound);
                }

                var now = time.GetUtcNow();
                var response = new ListWhoCanSeeResponse();
                foreach (var row in (await AudienceSql.ListAsync(connection, owner, null, now, ct)).ToList())
                {
                    if (await ViewAsync(connection, row, owner, documentId, ct) is { } viewer)
                    {
                        response.Viewers.Add(viewer);
                    }
                }

                await audit.TraceReadAsync(connection, call, [new TracedDocument(documentId)], ct);
                return response;
            },
            ct);
    }

    /// <summary>What lets somebody see the document; null when nothing does.</summary>
    private async Task<DocumentViewer?> ViewAsync(
        NpgsqlConnection connection, AudienceRow row, RecordAccess owner, Guid documentId, CancellationToken ct)
    {
        var (recordId, now) = (owner.RecordId, time.GetUtcNow());
        var isStructure = row.ActorKind == (short)ActorKind.Structure;
        var professions = isStructure ? (await AudienceSql.ListProfessionsAsync(connection, recordId, documentId, now, ct)).ToList() : [];
        var caller = AccessEffects.ToCaller(row);
        if (professions.Count > 0)
        {
            // Seen as somebody whom the matrix lets read: what then still hides it, hides it from all of the structure.
            var bar = professions[0].IndexOf('|', StringComparison.Ordinal);
            caller = caller with { ProfessionSystem = professions[0][..bar], ProfessionCode = professions[0][(bar + 1)..] };
        }

        var explained = await ExplainAsync(connection, caller, recordId, documentId, owner.SeesSecret, ct);
        var facts = await AccessSql.FindAsync(connection, caller, recordId, now, ct, owner.SeesSecret);
        var viewer = new DocumentViewer { Actor = AccessEffects.ToActor(row), Content = explained.Allowed, Steps = { explained.Steps } };
        if (explained.Allowed)
        {
            viewer.Professions.AddRange(professions.Select(ToCoding));
            return viewer;
        }

        // Its depositor knows of it whatever the rules say, unless blocked; without an authorisation by its metadata.
        var depositor = isStructure ? caller with { Kind = CallerKind.Structure, Authentication = AuthenticationMode.Indirect } : caller;
        var found = facts is null or { IsBlocked: true }
            ? null
            : await ExplanationSql.FindAsync(connection, AccessPolicy.Suppose(depositor, facts, now), documentId, ct);
        if (found is not { IsOwn: true })
        {
            return null;
        }

        viewer.Steps.Add(ExplanationRules.Depositor);
        return viewer;
    }

    private static Coding ToCoding(string column)
    {
        var bar = column.IndexOf('|', StringComparison.Ordinal);
        return new Coding { System = column[..bar], Code = column[(bar + 1)..] };
    }
}
