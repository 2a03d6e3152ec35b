using Dmp.Consent.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Consents;

/// <summary>Settings of a record.</summary>
internal sealed class GetConsentSettings(TracedReads reads)
{
    public Task<GetConsentSettingsResponse> RunAsync(Call call, GetConsentSettingsRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var row = await ConsentSettingsSql.FindAsync(connection, access, ct);
                return new GetConsentSettingsResponse { Settings = row.ToMessage(access) };
            },
            ct);
    }
}
