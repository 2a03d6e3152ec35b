using Dmp.Access.V1;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Npgsql;

namespace Dmp.Server.Explanations;

/// <summary>Explains to support what a professional would be told, who quotes the id of a call.</summary>
internal sealed partial class AccessService
{
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

        return await database.OnConnectionAsync(
            async connection =>
            {
                var found = await FindAsync(connection, serverRequestId, onlyRecordId == Guid.Empty ? null : onlyRecordId, faults, ct);
                if (documentId == Guid.Empty && found.DocumentIds is [var only])
                {
                    documentId = only;
                }

                // What the patient's side does not learn of the call, it does not learn of this one either.
                (call.RecordId, call.HidesEvent) = (found.RecordId, found.HiddenFromRepresentatives);
                call.Documents = documentId == Guid.Empty ? [] : [new TracedDocument(documentId)];
                var response = await ExplainToProfessionalAsync(connection, ToCaller(found), found.RecordId!.Value, documentId, ct);
                await audit.TraceReadAsync(connection, call, call.Documents, ct);
                return response;
            },
            ct);
    }

    /// <summary>The event to explain: of a professional, about one record.</summary>
    private static async Task<AuditEventRow> FindAsync(
        NpgsqlConnection connection, Guid serverRequestId, Guid? recordId, FieldFaults faults, CancellationToken ct)
    {
        if ((await AuditSql.ListOfCallAsync(connection, serverRequestId, null, 1, ct)).Count == 0)
        {
            throw Failures.Of(ErrorReason.CallNotFound);
        }

        var (found, hasOthers) = await AuditSql.FindOfCallAsync(connection, serverRequestId, recordId, ct);
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
