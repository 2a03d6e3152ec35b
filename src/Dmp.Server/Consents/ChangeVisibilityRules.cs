using Dapper;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Pipeline;
using Google.Protobuf;
using Grpc.Core;

namespace Dmp.Server.Consents;

internal sealed partial class ConsentService
{
    public override Task<AddVisibilityRuleResponse> AddVisibilityRule(AddVisibilityRuleRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        VisibilityRules.Check(request.Rule, realm.Value.Realm, faults);
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return ChangeAsync<AddVisibilityRuleRequest, AddVisibilityRuleResponse>(
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
                    OutboxKind.VisibilityChanged,
                    recordId,
                    now,
                    new() { DocumentId = row.DocumentId, SubjectId = row.VisibilityRuleId },
                    ct);
                return new AddVisibilityRuleResponse { Rule = row.ToMessage() };
            },
            ct);
    }

    public override Task<RemoveVisibilityRuleResponse> RemoveVisibilityRule(
        RemoveVisibilityRuleRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var ruleId = faults.Id(request.VisibilityRuleId, "visibility_rule_id");
        var requestId = faults.Id(request.RequestId, "request_id");
        faults.ThrowIfAny();

        return ChangeAsync<RemoveVisibilityRuleRequest, RemoveVisibilityRuleResponse>(
            call,
            request,
            requestId,
            null,
            (connection, _) => policy.RequireLockedAsync(connection, call, recordId, ct),
            async (connection, access) =>
            {
                var now = time.GetUtcNow();
                var row = await VisibilityRuleSql.RemoveAsync(connection, access, ruleId, call.Caller.ToActor().ToByteArray(), now, ct)
                    ?? throw Failures.Of(ErrorReason.VisibilityRuleNotFound);
                await OutboxSql.AppendAsync(
                    connection,
                    OutboxKind.VisibilityChanged,
                    recordId,
                    now,
                    new() { DocumentId = row.DocumentId, SubjectId = row.VisibilityRuleId },
                    ct);
                return new RemoveVisibilityRuleResponse { Rule = row.ToMessage() };
            },
            ct);
    }

    public override async Task<ListVisibilityRulesResponse> ListVisibilityRules(
        ListVisibilityRulesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListVisibilityRulesRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await VisibilityRuleSql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var response = new ListVisibilityRulesResponse();
                response.Rules.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].VisibilityRuleId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
