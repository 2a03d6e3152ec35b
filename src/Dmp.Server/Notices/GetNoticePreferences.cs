using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Notices;

/// <summary>How the patient wants to be told.</summary>
internal sealed class GetNoticePreferences(Database database, AccessPolicy policy, AuditTrail audit)
{
    public async Task<GetNoticePreferencesResponse> RunAsync(Call call, GetNoticePreferencesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var row = await NoticePreferenceSql.FindAsync(connection, access, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetNoticePreferencesResponse { Preferences = row.ToMessage() };
            },
            ct);
    }
}
