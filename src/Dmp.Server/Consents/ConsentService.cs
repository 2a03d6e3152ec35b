using Dapper;
using Dmp.Consent.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Explanations;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using Contract = Dmp.Consent.V1.ConsentService;

namespace Dmp.Server.Consents;

/// <summary>Who may use a record: the reads are here, each change has a file of its name.</summary>
internal sealed partial class ConsentService(
    Database database,
    AccessPolicy policy,
    RequestLog requestLog,
    AuditTrail audit,
    PageTokens pageTokens,
    AccessEffects effects,
    IOptions<RealmOptions> realm,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time) : Contract.ConsentServiceBase
{
    public override async Task<ListConsentsResponse> ListConsents(ListConsentsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        ConsentRules.CheckStates(request.States, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListConsentsRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);
        short[] states = request.States.Count == 0 ? [(short)ConsentState.Active] : [.. request.States.Select(state => (short)state)];
        var now = time.GetUtcNow();

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await ConsentSql.ListAsync(connection, access, states, now, before, pageSize + 1, ct)).AsList();
                var response = new ListConsentsResponse();
                response.Consents.AddRange(rows.Take(pageSize).Select(row => row.ToMessage(now, access.MajorityTime)));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].ConsentId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<ListBlocksResponse> ListBlocks(ListBlocksRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListBlocksRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await BlockSql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var response = new ListBlocksResponse();
                response.Blocks.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].BlockId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<GetConsentSettingsResponse> GetConsentSettings(GetConsentSettingsRequest request, ServerCallContext context)
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
                var row = await ConsentSettingsSql.FindAsync(connection, access, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetConsentSettingsResponse { Settings = row.ToMessage(access) };
            },
            ct);
    }

    private static Task TellAsync(NpgsqlConnection connection, string kind, ConsentRow row, DateTimeOffset now, CancellationToken ct) =>
        OutboxSql.AppendAsync(
            connection, kind, row.RecordId, now, new() { ActorKind = row.ActorKind, ActorId = row.ActorId, SubjectId = row.ConsentId }, ct);

    /// <summary>
    /// Makes a change once, or with <c>validate_only</c> tries it and tells its effect. The requests and answers of all changes here
    /// have those fields.
    /// </summary>
    private Task<TResponse> ChangeAsync<TRequest, TResponse>(
        Call call,
        TRequest request,
        Guid requestId,
        Actor? actor,
        Func<NpgsqlConnection, byte[], Task<RecordAccess>> authorize,
        Func<NpgsqlConnection, RecordAccess, Task<TResponse>> effect,
        CancellationToken ct)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        var withoutId = request.Clone();
        var fields = request.Descriptor;
        fields.FindFieldByName("request_id").Accessor.SetValue(withoutId, "");
        var fingerprint = RequestLog.Fingerprint(call.Method, withoutId, call.IsSecret ? [1] : []);
        if (fields.FindFieldByName("validate_only").Accessor.GetValue(request) is not true)
        {
            return requestLog.RunOnceAsync(
                call, requestId, fingerprint, new MessageParser<TResponse>(() => new TResponse()),
                connection => authorize(connection, fingerprint), effect, ct);
        }

        return requestLog.TryAsync(
            call,
            connection => authorize(connection, fingerprint),
            async (connection, access) =>
            {
                var (response, told) = await effects.OfAsync(connection, access, actor, () => effect(connection, access), ct);
                response.Descriptor.FindFieldByName("effect").Accessor.SetValue(response, told);
                return response;
            },
            ct);
    }
}
