using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf;

namespace Dmp.Server.Consents;

/// <summary>A rule that hid documents, removed.</summary>
internal sealed class RemoveVisibilityRule(AccessPolicy policy, TimeProvider time, ConsentChanges changes)
{
    public Task<RemoveVisibilityRuleResponse> RunAsync(Call call, RemoveVisibilityRuleRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var ruleId = faults.Id(request.VisibilityRuleId, "visibility_rule_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return changes.RunAsync<RemoveVisibilityRuleRequest, RemoveVisibilityRuleResponse>(
            call,
            request,
            requestId,
            null,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var row = await VisibilityRuleSql.RemoveAsync(
                    connection, access, ruleId, call.ActingCaller.ToActor().ToByteArray(), now, ct)
                    ?? throw Failures.Of(ErrorReason.VisibilityRuleNotFound);
                await OutboxSql.AppendAsync(
                    connection,
                    call,
                    OutboxKind.VisibilityChanged,
                    recordId,
                    now,
                    new() { DocumentId = row.DocumentId, SubjectId = row.VisibilityRuleId },
                    ct);
                return new RemoveVisibilityRuleResponse { Rule = row.ToMessage() };
            },
            ct);
    }
}
