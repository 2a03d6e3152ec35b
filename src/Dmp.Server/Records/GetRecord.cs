using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Records;

/// <summary>The record as it is now.</summary>
internal sealed class GetRecord(TracedReads reads)
{
    public Task<GetRecordResponse> RunAsync(Call call, GetRecordRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                if (!access.IsOpen && !access.IsOwner)
                {
                    throw Failures.Of(ErrorReason.RecordNotOpen);
                }

                var row = await RecordSql.FindAsync(connection, access, ct);
                return new GetRecordResponse { Record = row.ToMessage() };
            },
            ct);
    }
}
