using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Records;

/// <summary>Whether a person has a record and what the caller may do with it: the only method without a right on a record.</summary>
internal sealed class CheckAccess(TracedReads reads, IOptions<RealmOptions> realm, TimeProvider time)
{
    // The only method without a right on a record: it answers whether there is one.
    public Task<CheckAccessResponse> RunAsync(Call call, CheckAccessRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call);
        var faults = FieldFaults.Of(request);
        IdentityRules.CheckIns(request.Ins, realm.Value.Realm, faults);
        faults.ThrowIfAny();

        var now = time.GetUtcNow();
        return reads.RunAsync(
            call,
            async connection =>
            {
                var facts = await AccessSql.FindByInsAsync(connection, call.Caller, request.Ins.System, request.Ins.Number, now, ct);
                call.Trace.RecordId = facts?.RecordId;
                if (call.IsSecret && facts?.MajorityTime <= now)
                {
                    throw Failures.Of(ErrorReason.SecretConnectionNotAllowed);
                }

                var row = facts is null ? null : await RecordSql.FindAsync(connection, facts, ct);
                return RecordMapping.ToCheckAccessResponse(facts, row, now);
            },
            ct);
    }
}
