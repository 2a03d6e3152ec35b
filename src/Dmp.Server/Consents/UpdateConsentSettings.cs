using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Data;
using Dmp.Server.Emergencies;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;

namespace Dmp.Server.Consents;

internal sealed partial class ConsentService
{
    public override Task<UpdateConsentSettingsResponse> UpdateConsentSettings(
        UpdateConsentSettingsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckMask(request.UpdateMask, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return ChangeAsync<UpdateConsentSettingsRequest, UpdateConsentSettingsResponse>(
            call,
            request,
            requestId,
            null,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var row = await ConsentSettingsSql.FindAsync(connection, access, ct);
                if (Etag.Of(row.SettingsRevision) != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var changed = ConsentRules.Update(row, request.Settings, request.UpdateMask, now);
                var written = await ConsentSettingsSql.UpdateAsync(connection, changed, ct);
                await EmergencyEndSql.OfSwitchesAsync(connection, access, row, written, now, ct);
                await OutboxSql.AppendAsync(connection, OutboxKind.SettingsChanged, recordId, now, null, ct);
                return new UpdateConsentSettingsResponse { Settings = written.ToMessage() };
            },
            ct);
    }
}
