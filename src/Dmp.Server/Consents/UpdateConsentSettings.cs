using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Emergencies;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Settings of a record changed: emergency modes, default masking, secret acts.</summary>
internal sealed class UpdateConsentSettings(AccessPolicy policy, TimeProvider time, ConsentChanges changes)
{
    public Task<UpdateConsentSettingsResponse> RunAsync(Call call, UpdateConsentSettingsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckMask(request.UpdateMask, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();
        var (isOwn, isShared) = (ConsentRules.IsOwn(request.UpdateMask), ConsentRules.IsShared(request.UpdateMask));

        return changes.RunAsync<UpdateConsentSettingsRequest, UpdateConsentSettingsResponse>(
            call,
            request,
            requestId,
            null,
            async (connection, _) =>
            {
                // Whose eyes the setting is not for must not see that it was changed, or that the patient tried.
                call.Trace.HidesEvent = isOwn && !isShared && call.Caller.Kind == CallerKind.Patient;
                var access = await policy.RequireLockedAsync(connection, call, recordId, ct);
                if (isOwn && access.Capacity != Capacity.Patient)
                {
                    call.Trace.HidesEvent = false;
                    throw Failures.Of(ErrorReason.ConsentActionNotAllowed);
                }

                return access;
            },
            async (connection, access) =>
            {
                var row = await ConsentSettingsSql.FindAsync(connection, access, ct);
                if (row.EtagFor(access) != request.Etag)
                {
                    throw Failures.Of(ErrorReason.EtagMismatch);
                }

                var now = time.GetUtcNow();
                var changed = ConsentRules.Update(row, request.Settings, request.UpdateMask, now);
                var written = await ConsentSettingsSql.UpdateAsync(connection, changed, ct);
                await EmergencyEndSql.OfSwitchesAsync(
                    connection,
                    access,
                    isGlassClosed: row.EmergencyBreakGlassAllowed && !written.EmergencyBreakGlassAllowed,
                    isRegulationClosed: row.EmergencyRegulationAllowed && !written.EmergencyRegulationAllowed,
                    now,
                    ct);
                if (isShared)
                {
                    await OutboxSql.AppendAsync(connection, call, OutboxKind.SettingsChanged, recordId, now, null, ct);
                }

                if (written.SecretActsHiddenFromStaff != row.SecretActsHiddenFromStaff)
                {
                    var kind = written.SecretActsHiddenFromStaff ? OutboxKind.SecretActsHiddenFromStaff : OutboxKind.SecretActsShownToStaff;
                    await OutboxSql.AppendAsync(connection, call, kind, recordId, now, null, ct);
                }

                return new UpdateConsentSettingsResponse { Settings = written.ToMessage(access) };
            },
            ct);
    }
}
