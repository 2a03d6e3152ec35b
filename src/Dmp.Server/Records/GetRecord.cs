using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Records;

/// <summary>The record as it is now.</summary>
internal sealed class GetRecord(Database database, AccessPolicy policy, AuditTrail audit)
{
    public async Task<GetRecordResponse> RunAsync(Call call, GetRecordRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        faults.ThrowIfAny();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                if (!access.IsOpen && !access.IsOwner)
                {
                    throw Failures.Of(ErrorReason.RecordNotOpen);
                }

                var row = await RecordSql.FindAsync(connection, access, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetRecordResponse { Record = row.ToMessage() };
            },
            ct);
    }
}
