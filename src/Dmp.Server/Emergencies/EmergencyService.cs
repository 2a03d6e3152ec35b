using Dapper;
using Dmp.Emergency.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Contract = Dmp.Emergency.V1.EmergencyService;

namespace Dmp.Server.Emergencies;

/// <summary>Emergencies: the lists are here, each other method has a file of its name.</summary>
internal sealed partial class EmergencyService(
    Database database,
    AccessPolicy policy,
    RequestLog requestLog,
    AuditTrail audit,
    PageTokens pageTokens,
    IOptions<AccessOptions> accessOptions,
    TimeProvider time) : Contract.EmergencyServiceBase
{
    public override async Task<ListEmergencyAccessesResponse> ListEmergencyAccesses(
        ListEmergencyAccessesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListEmergencyAccessesRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await EmergencySql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var response = new ListEmergencyAccessesResponse();
                response.EmergencyAccesses.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EmergencyAccessId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<ListUnacknowledgedAccessesResponse> ListUnacknowledgedAccesses(
        ListUnacknowledgedAccessesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListUnacknowledgedAccessesRequest(request) { PageToken = "" };
        var after = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfTask(RowScope.Review).ApplyAsync(connection, ct);
                var rows = (await EmergencySql.ListQueueAsync(connection, after, pageSize + 1, ct)).AsList();
                var response = new ListUnacknowledgedAccessesResponse();
                response.EmergencyAccesses.AddRange(rows.Take(pageSize).Select(row => row.ToMessage()));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(rows[pageSize - 1].EmergencyAccessId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }
}
