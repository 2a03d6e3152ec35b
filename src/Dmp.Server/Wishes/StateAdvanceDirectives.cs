using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Documents;
using Dmp.Server.Errors;
using Dmp.Server.Requests;
using Dmp.Wishes.V1;
using Npgsql;

namespace Dmp.Server.Wishes;

/// <summary>Advance directives, in the place of those before.</summary>
internal sealed class StateAdvanceDirectives(AccessPolicy policy, RequestLog requestLog, WishStating stating, TimeProvider time)
{
    public async Task<StateAdvanceDirectivesResponse> RunAsync(Call call, StateAdvanceDirectivesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        WishRules.Check(request, time.GetUtcNow(), faults);
        var documentId = faults.Id(request.DocumentId, "document_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        // The remembered answer is not sealed: see SetEmergencyContacts.
        var stated = StatedIn(request);
        var response = await requestLog.RunOnceAsync(
            call,
            requestId,
            RequestFingerprint.Of(call.Method, new StateAdvanceDirectivesRequest(request) { RequestId = "" }),
            StateAdvanceDirectivesResponse.Parser,
            async connection => WishRules.RequireAdult(
                await policy.RequireLockedAsync(connection, call, recordId, ct), request.CourtAuthorization),
            async (connection, access) =>
            {
                WishRules.RequireWrittenAsAdult(access, request.WriteDate);
                if (documentId != Guid.Empty)
                {
                    await RequireDirectivesAsync(connection, access, documentId, ct);
                }

                var row = await stating.StateAsync(connection, call, access, WishKind.AdvanceDirectives, stated, ct);
                return new StateAdvanceDirectivesResponse { AdvanceDirectives = WishRules.Of(new AdvanceDirectives(), row) };
            },
            ct);
        response.AdvanceDirectives.MergeFrom(stated);
        return response;
    }

    private static AdvanceDirectives StatedIn(StateAdvanceDirectivesRequest request) => new()
    {
        WriteDate = request.WriteDate,
        Situation = request.Situation,
        Treatments = { request.Treatments },
        Text = request.Text,
        DocumentId = request.DocumentId,
        WitnessNames = { request.WitnessNames },
        CourtAuthorization = request.CourtAuthorization,
    };

    /// <summary>The document exists for the patient, is in force, and is of the type of directives.</summary>
    private static async Task RequireDirectivesAsync(
        NpgsqlConnection connection, RecordAccess access, Guid documentId, CancellationToken ct)
    {
        var row = await DocumentSql.FindAsync(connection, access, documentId, version: 0, ct);
        var type = row is { State: (short)DocumentStatus.Approved } ? DocumentMetadata.Parser.ParseFrom(row.Metadata).Type : null;
        if (type is not { System: WishTypes.System, Code: WishTypes.Directives })
        {
            throw Failures.Of(ErrorReason.DocumentNotFound);
        }
    }
}
