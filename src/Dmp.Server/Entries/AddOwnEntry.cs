using Dmp.Document.V1;
using Dmp.Entries.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Intake;
using Dmp.Server.Records;

namespace Dmp.Server.Entries;

/// <summary>What the patient's side states, made a document of the record.</summary>
internal sealed class AddOwnEntry(HeldUpload uploads, Database database, AccessPolicy policy, TimeProvider time)
{
    public async Task<AddOwnEntryResponse> RunAsync(Call call, AddOwnEntryRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        OwnEntryRules.Check(request, time.GetUtcNow(), faults);
        faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        var (record, capacity) = await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                return (await RecordSql.FindAsync(connection, access, ct), access.Capacity);
            },
            ct);
        UploadIntent intent = new()
        {
            RecordId = request.RecordId,
            RequestId = request.RequestId,
            Metadata = new DocumentMetadata { MediaType = OwnEntryDocument.MediaType },
            VisibilityCodes = { request.VisibilityCodes },
        };
        var content = OwnEntryDocument.Write(request, record.ToMessage(), byPatient: capacity == Capacity.Patient);
        return new AddOwnEntryResponse { Document = await uploads.TakeAsync(call, intent, content, ct) };
    }
}
