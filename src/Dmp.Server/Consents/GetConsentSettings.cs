using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Settings of a record.</summary>
internal sealed class GetConsentSettings(Database database, AccessPolicy policy, AuditTrail audit)
{
    public async Task<GetConsentSettingsResponse> RunAsync(Call call, GetConsentSettingsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var row = await ConsentSettingsSql.FindAsync(connection, access, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetConsentSettingsResponse { Settings = row.ToMessage(access) };
            },
            ct);
    }
}
