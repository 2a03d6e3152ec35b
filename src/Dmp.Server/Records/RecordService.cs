using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Contract = Dmp.Record.V1.RecordService;

namespace Dmp.Server.Records;

/// <summary>The records. Each method that is more than a few lines is a file of its own.</summary>
internal sealed partial class RecordService(
    Database database,
    AccessPolicy policy,
    RequestLog requestLog,
    AuditTrail audit,
    PageTokens pageTokens,
    IOptions<RealmOptions> realm,
    TimeProvider time) : Contract.RecordServiceBase
{
    public override async Task<GetRecordResponse> GetRecord(GetRecordRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
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
