using Dmp.Notice.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Notices;

/// <summary>How the patient wants to be told.</summary>
internal sealed class GetNoticePreferences(TracedReads reads)
{
    public Task<GetNoticePreferencesResponse> RunAsync(Call call, GetNoticePreferencesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var row = await NoticePreferenceSql.FindAsync(connection, access, ct);
                return new GetNoticePreferencesResponse { Preferences = row.ToMessage() };
            },
            ct);
    }
}
