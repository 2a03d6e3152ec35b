using Dapper;
using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Server.Pipeline;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Contract = Dmp.Notice.V1.NoticeService;
using NoticeMessage = Dmp.Notice.V1.Notice;

namespace Dmp.Server.Notices;

/// <summary>Notices as people see them: the reads are here, each change has a file of its name. Sending is <see cref="NoticeDeliverer"/>.</summary>
internal sealed partial class NoticeService(
    Database database,
    AccessPolicy policy,
    RequestLog requestLog,
    AuditTrail audit,
    PageTokens pageTokens,
    IOptions<NoticeOptions> options,
    TimeProvider time) : Contract.NoticeServiceBase
{
    public override async Task<GetNoticePreferencesResponse> GetNoticePreferences(
        GetNoticePreferencesRequest request, ServerCallContext context)
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
                var row = await NoticePreferenceSql.FindAsync(connection, access, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetNoticePreferencesResponse { Preferences = row.ToMessage() };
            },
            ct);
    }

    public override async Task<ListNoticesResponse> ListNotices(ListNoticesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListNoticesRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var rows = (await NoticeListSql.ListAsync(connection, access, before, pageSize + 1, ct)).AsList();
                var page = rows.Take(pageSize).ToList();
                var deliveries = (await NoticeListSql.ListDeliveriesAsync(connection, page.Select(row => row.NoticeId), ct))
                    .ToLookup(delivery => delivery.NoticeId);
                var response = new ListNoticesResponse();
                response.Notices.AddRange(page.Select(row => ToMessage(row, deliveries[row.NoticeId])));
                if (rows.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(page[^1].NoticeId));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    public override async Task<GetNoticeContactResponse> GetNoticeContact(GetNoticeContactRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        AccessPolicy.RequireFunction(call);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfActor(call.Caller).ApplyAsync(connection, ct);
                var email = await NoticeContactSql.FindAsync(connection, call.Caller, ct);
                await audit.TraceReadAsync(connection, call, [], ct);
                return new GetNoticeContactResponse { Email = email ?? "" };
            },
            ct);
    }

    public override async Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var call = Call.Of(context);
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListDeadLettersRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfTask(RowScope.Notices).ApplyAsync(connection, ct);
                var notices = (await NoticeListSql.ListDeadAsync(connection, before, pageSize + 1, ct)).GroupBy(row => row.NoticeId).ToList();
                var response = new ListDeadLettersResponse();
                response.DeadLetters.AddRange(notices.Take(pageSize).SelectMany(rows => rows).Select(ToDeadLetter));
                if (notices.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(notices[pageSize - 1].Key));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

    private static NoticeMessage ToMessage(NoticeRow row, IEnumerable<DeliveryRow> deliveries) => new()
    {
        NoticeId = row.NoticeId.ToString(),
        RecordId = row.RecordId.ToString(),
        Kind = (NoticeKind)row.Kind,
        EventTime = row.EventTime.ToTimestamp(),
        Deliveries =
        {
            deliveries.Select(delivery => new NoticeDelivery
            {
                Channel = (NoticeChannel)delivery.Channel,
                Webhook = delivery.Target,
                State = (NoticeDeliveryState)delivery.State,
                DeliverTime = delivery.DeliverTime?.ToTimestamp(),
            }),
        },
    };

    private static DeadLetter ToDeadLetter(DeliveryRow row) => new()
    {
        NoticeId = row.NoticeId.ToString(),
        Channel = (NoticeChannel)row.Channel,
        Webhook = row.Target,
        Attempts = row.Attempts,
        Failure = (NoticeDeliveryFailure)row.Failure,
        AttemptTime = row.AttemptTime?.ToTimestamp(),
    };
}
