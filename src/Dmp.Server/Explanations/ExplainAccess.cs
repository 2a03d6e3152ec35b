using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Audiences;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Explanations;

/// <summary>Why somebody may read, or may not: by the rules that decide.</summary>
internal sealed class ExplainAccess(
    TracedReads reads,
    AccessPolicy policy,
    TimeProvider time,
    ProfessionalExplanations explanations)
{
    public async Task<ExplainAccessResponse> RunAsync(Call call, ExplainAccessRequest request, CancellationToken ct)
    {
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

        return await reads.RunAsync<ExplainAccessResponse>(
            call,
            async connection =>
            {
                var response = isOwner
                    ? await ExplainToOwnerAsync(connection, call, request, recordId, documentId, ct)
                    : await ExplainToProfessionalAsync(connection, call.Caller, recordId, documentId, ct);
                return (response, documentId == Guid.Empty ? [] : [new TracedDocument(documentId)]);
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

        var professional = await ProfessionalExplanations.AsSeenAsync(connection, owner, request.Actor, request.Profession, ct);
        return ToMessage(await explanations.ExplainAsync(connection, professional, recordId, documentId, owner.SeesSecret, ct));
    }

    private async Task<ExplainAccessResponse> ExplainToProfessionalAsync(
        NpgsqlConnection connection, Caller professional, Guid recordId, Guid documentId, CancellationToken ct)
    {
        var onRecord = await explanations.ExplainAsync(connection, professional, recordId, Guid.Empty, withSecret: true, ct);
        if (!onRecord.IsAllowed || documentId == Guid.Empty)
        {
            return ToMessage(onRecord);
        }

        // Who passes the rules on the record and not those on the document meets a document that does not exist.
        return await ExistsAsync(connection, professional, recordId, documentId, ct)
            ? ToMessage(await explanations.ExplainAsync(connection, professional, recordId, documentId, withSecret: true, ct))
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

    private static ExplainAccessResponse ToMessage(Explained explained) => new()
    {
        Allowed = explained.IsAllowed,
        Steps = { explained.Steps },
        AccessMode = explained.IsAllowed ? explained.ToMode() : Dmp.Access.V1.AccessMode.Unspecified,
    };

    private async Task<ExplainAccessResponse> ExplainCallAsync(ExplainAccessRequest request, Call call, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var serverRequestId = faults.Id(request.ServerRequestId, "server_request_id");
        var documentId = faults.Id(request.DocumentId, "document_id");
        var onlyRecordId = faults.Id(request.RecordId, "record_id");
        faults.Require(request.ServerRequestId.Length > 0, "server_request_id", "Required: the call that is asked about.");
        faults.Require(request.Actor is null, "actor", "Must be empty: it is who called.");
        faults.Require(request.Profession is null, "profession", "Must be empty: it is that of the call.");
        call.ReadJustification(request.Justification, faults);
        faults.ThrowIfAny();

        return await reads.RunAsync<ExplainAccessResponse>(
            call,
            async connection =>
            {
                var found = await FindAsync(
                    connection, call, serverRequestId, onlyRecordId == Guid.Empty ? null : onlyRecordId, faults, ct);
                if (documentId == Guid.Empty && found.DocumentIds is [var only])
                {
                    documentId = only;
                }

                // What the patient's side does not learn of the call, it does not learn of this one either.
                (call.Trace.RecordId, call.Trace.HidesEvent) = (found.RecordId, found.HiddenFromRepresentatives);
                call.Trace.Documents = documentId == Guid.Empty ? [] : [new TracedDocument(documentId)];
                var response = await ExplainToProfessionalAsync(connection, ToCaller(found), found.RecordId!.Value, documentId, ct);
                return (response, call.Trace.Documents);
            },
            ct);
    }

    /// <summary>The event to explain: of a professional, about one record.</summary>
    private static async Task<AuditEventRow> FindAsync(
        NpgsqlConnection connection, Call call, Guid serverRequestId, Guid? recordId, FieldFaults faults, CancellationToken ct)
    {
        if ((await AuditSql.ListOfCallAsync(connection, call.Caller, serverRequestId, null, 1, ct)).Count == 0)
        {
            throw Failures.Of(ErrorReason.CallNotFound);
        }

        var (found, hasOthers) = await AuditSql.FindOfCallAsync(connection, call.Caller, serverRequestId, recordId, ct);
        var isExplained = found is { ActorKind: (short)ActorKind.Professional };
        faults.Require(isExplained || recordId is not null, "server_request_id", "Must be a call of a professional about a record.");
        faults.Require(isExplained || recordId is null, "record_id", "Must be a record that a professional's call was about.");
        faults.Require(recordId is not null || !hasOthers, "record_id", "Required: the call was about several records.");
        faults.ThrowIfAny();
        return found!;
    }

    private static Caller ToCaller(AuditEventRow found) => AccessEffects.ToCaller(new AudienceRow
    {
        ActorKind = found.ActorKind,
        ActorId = found.ActorId!,
        ProfessionSystem = found.ProfessionSystem,
        ProfessionCode = found.ProfessionCode,
        SpecialtyCode = found.SpecialtyCode,
        SectorCode = found.SectorCode,
        StructureId = found.StructureId,
        StructureIds = [],
    });
}
