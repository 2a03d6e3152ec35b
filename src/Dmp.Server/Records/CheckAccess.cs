using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Grpc.Core;

namespace Dmp.Server.Records;

internal sealed partial class RecordService
{
    // The only method without a right on a record: it answers whether there is one.
    public override async Task<CheckAccessResponse> CheckAccess(CheckAccessRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        IdentityRules.CheckIns(request.Ins, realm.Value.Realm, faults);
        faults.ThrowIfAny();

        var now = time.GetUtcNow();
        return await database.OnConnectionAsync(
            async connection =>
            {
                var facts = await AccessSql.FindByInsAsync(connection, call.Caller, request.Ins.System, request.Ins.Number, now, ct);
                call.RecordId = facts?.RecordId;
                if (call.IsSecret && facts?.MajorityTime <= now)
                {
                    throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
                }

                var row = facts is null ? null : await RecordSql.FindAsync(connection, facts, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return RecordMapping.ToCheckAccessResponse(facts, row, now);
            },
            ct);
    }
}
