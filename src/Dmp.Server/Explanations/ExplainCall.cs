using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;

namespace Dmp.Server.Explanations;

/// <summary>Explains to support what a professional would be told, who quotes the id of a call.</summary>
internal sealed partial class AccessService
{
    private async Task<ExplainAccessResponse> ExplainCallAsync(ExplainAccessRequest request, Call call, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var serverRequestId = faults.Id(request.ServerRequestId, "server_request_id");
        var documentId = faults.Id(request.DocumentId, "document_id");
        faults.Require(request.ServerRequestId.Length > 0, "server_request_id", "Required: the call that is asked about.");
        faults.Require(request.RecordId.Length == 0, "record_id", "Must be empty: it is that of the call.");
        faults.Require(request.Actor is null, "actor", "Must be empty: it is who called.");
        faults.Require(request.Profession is null, "profession", "Must be empty: it is that of the call.");
        call.ReadJustification(request.Justification, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var found = (await AuditSql.ListOfCallAsync(connection, serverRequestId, null, 1, ct)).FirstOrDefault()
                    ?? throw Failures.Of(ErrorReason.CallNotFound);
                if (found is not { ActorKind: (short)ActorKind.Professional, ActorId: { } actorId, RecordId: { } recordId })
                {
                    faults.Add("server_request_id", "Must be a call of a professional about a record.");
                    faults.ThrowIfAny();
                    throw new InvalidOperationException("The fault was not told.");
                }

                call.RecordId = recordId;
                if (documentId == Guid.Empty && found.DocumentIds is [var only])
                {
                    documentId = only;
                }

                var response = await ExplainToProfessionalAsync(connection, ToCaller(found, actorId), recordId, documentId, ct);
                await audit.TraceReadAsync(connection, call, documentId == Guid.Empty ? [] : [new TracedDocument(documentId)], ct);
                return response;
            },
            ct);
    }

    private static Caller ToCaller(AuditEventRow found, string actorId) => AccessEffects.ToCaller(new AudienceRow
    {
        ActorKind = found.ActorKind,
        ActorId = actorId,
        ProfessionSystem = found.ProfessionSystem,
        ProfessionCode = found.ProfessionCode,
        SpecialtyCode = found.SpecialtyCode,
        SectorCode = found.SectorCode,
        StructureId = found.StructureId,
        StructureIds = [],
    });
}
