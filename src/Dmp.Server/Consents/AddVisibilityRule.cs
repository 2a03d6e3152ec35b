using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Consents;

/// <summary>A rule that hides documents from an actor, added.</summary>
internal sealed class AddVisibilityRule(AccessPolicy policy, IOptions<RealmOptions> realm, TimeProvider time, ConsentChanges changes)
{
    public Task<AddVisibilityRuleResponse> RunAsync(Call call, AddVisibilityRuleRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        VisibilityRules.Check(request.Rule, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return changes.RunAsync<AddVisibilityRuleRequest, AddVisibilityRuleResponse>(
            call,
            request,
            requestId,
            request.Rule.Actor,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var rule = VisibilityRules.ToRow(request.Rule, recordId, call.Caller, now);
                if (rule.DocumentId is { } documentId
                    && !await VisibilityRuleSql.DocumentExistsAsync(connection, access, documentId, ct))
                {
                    throw Failures.Of(ErrorReason.DocumentNotFound);
                }

                var row = await VisibilityRuleSql.InsertAsync(connection, rule, ct);
                await OutboxSql.AppendAsync(
                    connection,
                    call,
                    OutboxKind.VisibilityChanged,
                    recordId,
                    now,
                    new() { DocumentId = row.DocumentId, SubjectId = row.VisibilityRuleId },
                    ct);
                return new AddVisibilityRuleResponse { Rule = row.ToMessage() };
            },
            ct);
    }
}
