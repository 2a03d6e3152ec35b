using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Grpc.Core;
using Npgsql;
using Contract = Dmp.Access.V1.AccessService;

namespace Dmp.Server.Explanations;

/// <summary>Explains decisions by the rules that make them.</summary>
internal sealed partial class AccessService(
    Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens, TimeProvider time) : Contract.AccessServiceBase
{
    public override async Task<ExplainAccessResponse> ExplainAccess(ExplainAccessRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var isOwner = call.Caller.Kind is CallerKind.Patient or CallerKind.Representative;
        var faults = FieldFaults.Of(new ExplainAccessRequest(request) { Actor = null });
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var documentId = faults.Id(request.DocumentId, "document_id");
        faults.Require(
            isOwner ? request.Actor is { Kind: ActorKind.Professional, Id.Length: > 0 } : request.Actor is null,
            "actor",
            isOwner ? "Must be a professional with an identifier." : "Must be empty: a professional asks about oneself.");
        faults.Require(isOwner || request.Profession is null, "profession", "Must be empty: it is in the token.");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var response = isOwner
                    ? await ExplainToOwnerAsync(connection, call, request, recordId, documentId, ct)
                    : await ExplainToProfessionalAsync(connection, call, recordId, documentId, ct);
                await audit.TraceReadAsync(connection, call, documentId == Guid.Empty ? [] : [new TracedDocument(documentId)], ct);
                return response;
            },
            ct);
    }

    private async Task<ExplainAccessResponse> ExplainToOwnerAsync(
        NpgsqlConnection connection, Call call, ExplainAccessRequest request, Guid recordId, Guid documentId, CancellationToken ct)
    {
        var owner = await policy.RequireAsync(connection, call, recordId, ct);
        if (documentId != Guid.Empty && !await ExplanationSql.ExistsAsync(connection, owner, documentId, ct))
        {
            throw Failures.Of(ErrorReason.DocumentNotFound);
        }

        var professional = await AsSeenAsync(connection, owner, request.Actor, request.Profession, ct);
        return await ExplainAsync(connection, professional, recordId, documentId, owner.SeesSecret, ct);
    }

    /// <summary>A professional as last seen on the record, in another profession when one is given.</summary>
    private static async Task<Caller> AsSeenAsync(
        NpgsqlConnection connection, RecordAccess owner, Actor actor, Coding? profession, CancellationToken ct)
    {
        var seen = await AudienceSql.FindAsync(connection, owner, actor.Id, ct);
        return AccessEffects.ToCaller(
            profession is null ? seen : seen with { ProfessionSystem = profession.System, ProfessionCode = profession.Code });
    }

    private async Task<ExplainAccessResponse> ExplainToProfessionalAsync(
        NpgsqlConnection connection, Call call, Guid recordId, Guid documentId, CancellationToken ct)
    {
        var onRecord = await ExplainAsync(connection, call.Caller, recordId, Guid.Empty, withSecret: true, ct);
        if (!onRecord.Allowed || documentId == Guid.Empty)
        {
            return onRecord;
        }

        // Who passes the rules on the record and not those on the document meets a document that does not exist.
        var now = time.GetUtcNow();
        var facts = await AccessSql.FindAsync(connection, call.Caller, recordId, now, ct)
            ?? throw Failures.Of(ErrorReason.DocumentNotFound);
        return await ExplanationSql.ExistsAsync(connection, AccessPolicy.Suppose(call.Caller, facts, now), documentId, ct)
            ? await ExplainAsync(connection, call.Caller, recordId, documentId, withSecret: true, ct)
            : throw Failures.Of(ErrorReason.DocumentNotFound);
    }

    private async Task<ExplainAccessResponse> ExplainAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, bool withSecret, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var facts = await AccessSql.FindAsync(connection, professional, recordId, now, ct, withSecret);
        var steps = ExplanationRules.OnRecord(professional, facts, now);
        var mayReadRecord = steps.TrueForAll(step => step.Passed || step.Rule == AccessRule.Consent) && steps[^1].Passed;
        if (!mayReadRecord || documentId == Guid.Empty)
        {
            return new ExplainAccessResponse { Allowed = mayReadRecord, Steps = { steps } };
        }

        var access = AccessPolicy.Suppose(professional, facts!, now);
        var found = await ExplanationSql.FindAsync(connection, access, documentId, ct) ?? throw Failures.Of(ErrorReason.DocumentNotFound);
        foreach (var step in ExplanationRules.OnDocument(access, found))
        {
            steps.Add(step);
            if (!step.Passed)
            {
                break;
            }
        }

        return new ExplainAccessResponse { Allowed = steps[^1].Passed && found.IsReadable, Steps = { steps } };
    }
}
