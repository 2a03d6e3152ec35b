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
using Mode = Dmp.Server.Access.AccessMode;

namespace Dmp.Server.Explanations;

/// <summary>Explains decisions by the rules that make them.</summary>
internal sealed partial class AccessService(
    Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens, TimeProvider time) : Contract.AccessServiceBase
{
    public override async Task<ExplainAccessResponse> ExplainAccess(ExplainAccessRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        if (call.Caller.Kind is CallerKind.Operator or CallerKind.Auditor)
        {
            return await ExplainCallAsync(request, call, ct);
        }

        var isOwner = call.Caller.Kind is CallerKind.Patient or CallerKind.Representative;
        var faults = FieldFaults.Of(new ExplainAccessRequest(request) { Actor = null });
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var documentId = faults.Id(request.DocumentId, "document_id");
        faults.Require(
            isOwner ? request.Actor is { Kind: ActorKind.Professional, Id.Length: > 0 } : request.Actor is null,
            "actor",
            isOwner ? "Must be a professional with an identifier." : "Must be empty: a professional asks about oneself.");
        faults.Require(request.RecordId.Length > 0, "record_id", "Required.");
        faults.Require(isOwner || request.Profession is null, "profession", "Must be empty: it is in the token.");
        faults.Require(request.ServerRequestId.Length == 0, "server_request_id", "Must be empty: operators and auditors ask about a call.");
        faults.Require(request.Justification.Length == 0, "justification", "Must be empty: operators and auditors give one.");
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var response = isOwner
                    ? await ExplainToOwnerAsync(connection, call, request, recordId, documentId, ct)
                    : await ExplainToProfessionalAsync(connection, call.Caller, recordId, documentId, ct);
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
        return ToMessage(await ExplainAsync(connection, professional, recordId, documentId, owner.SeesSecret, ct));
    }

    /// <summary>A professional as last seen on the record, in another profession when one is given: then the specialty is not
    /// known.</summary>
    private static async Task<Caller> AsSeenAsync(
        NpgsqlConnection connection, RecordAccess owner, Actor actor, Coding? profession, CancellationToken ct)
    {
        var seen = await AudienceSql.FindAsync(connection, owner, actor.Id, ct);
        return AccessEffects.ToCaller(
            profession is null || (profession.System, profession.Code) == (seen.ProfessionSystem, seen.ProfessionCode)
                ? seen
                : seen with { ProfessionSystem = profession.System, ProfessionCode = profession.Code, SpecialtyCode = null });
    }

    private async Task<ExplainAccessResponse> ExplainToProfessionalAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, CancellationToken ct)
    {
        var onRecord = await ExplainAsync(connection, professional, recordId, Guid.Empty, withSecret: true, ct);
        if (!onRecord.IsAllowed || documentId == Guid.Empty)
        {
            return ToMessage(onRecord);
        }

        // Who passes the rules on the record and not those on the document meets a document that does not exist.
        return await ExistsAsync(connection, professional, recordId, documentId, ct)
            ? ToMessage(await ExplainAsync(connection, professional, recordId, documentId, withSecret: true, ct))
            : throw Failures.Of(ErrorReason.DocumentNotFound);
    }

    /// <summary>The document exists for a professional in one of the modes that the professional may ask for.</summary>
    private async Task<bool> ExistsAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (await AccessSql.FindAsync(connection, professional, recordId, now, ct) is not { } facts)
        {
            return false;
        }

        foreach (var mode in AccessPolicy.ModesOf(professional, facts, now))
        {
            if (await ExplanationSql.ExistsAsync(connection, AccessPolicy.Suppose(professional, facts, mode, now), documentId, ct))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Why a professional may read, in the first mode that lets in; else why not, in the mode that counts without being asked
    /// for.</summary>
    private async Task<Explained> ExplainAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, bool withSecret, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (await AccessSql.FindAsync(connection, professional, recordId, now, ct, withSecret) is not { } facts)
        {
            return new Explained(false, Mode.Normal, ExplanationRules.OnRecord(professional, null, Mode.Normal, now));
        }

        Explained? first = null;
        foreach (var mode in AccessPolicy.ModesOf(professional, facts, now))
        {
            var found = documentId == Guid.Empty ? null : await FindAsync(connection, professional, facts, mode, documentId, now, ct);
            var explained = Explain(professional, facts, mode, found, now);
            if (explained.IsAllowed)
            {
                return explained;
            }

            first ??= explained;
        }

        return first!;
    }

    private static async Task<DocumentFindings> FindAsync(
        NpgsqlConnection connection, Caller caller, AccessFacts facts, Mode mode, Guid documentId, DateTimeOffset now, CancellationToken ct) =>
        await ExplanationSql.FindAsync(connection, AccessPolicy.Suppose(caller, facts, mode, now), documentId, ct)
        ?? throw Failures.Of(ErrorReason.DocumentNotFound);

    /// <summary>The steps in one mode, on the record and, when something was found about one, on the document.</summary>
    private static Explained Explain(Caller professional, AccessFacts facts, Mode mode, DocumentFindings? found, DateTimeOffset now)
    {
        var steps = ExplanationRules.OnRecord(professional, facts, mode, now);
        var mayReadRecord = steps.TrueForAll(step => step.Passed || step.Rule == AccessRule.Consent) && steps[^1].Passed;
        if (!mayReadRecord || found is null)
        {
            return new Explained(mayReadRecord, mode, steps);
        }

        foreach (var step in ExplanationRules.OnDocument(AccessPolicy.Suppose(professional, facts, mode, now), found))
        {
            steps.Add(step);
            if (!step.Passed)
            {
                break;
            }
        }

        return new Explained(steps[^1].Passed && found.IsReadable, mode, steps);
    }

    private static ExplainAccessResponse ToMessage(Explained explained) => new()
    {
        Allowed = explained.IsAllowed,
        Steps = { explained.Steps },
        AccessMode = explained.IsAllowed ? ToMessage(explained.Mode) : Dmp.Access.V1.AccessMode.Unspecified,
    };

    private static Dmp.Access.V1.AccessMode ToMessage(Mode mode) => (Dmp.Access.V1.AccessMode)((int)mode + 1);

    /// <summary>A decision in a mode, and the steps to it.</summary>
    private sealed record Explained(bool IsAllowed, Mode Mode, IReadOnlyList<AccessStep> Steps);
}
