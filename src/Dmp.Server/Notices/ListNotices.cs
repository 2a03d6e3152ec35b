using Dapper;
using Dmp.Notice.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;
using NoticeMessage = Dmp.Notice.V1.Notice;

namespace Dmp.Server.Notices;

/// <summary>Notices of a record, with what became of them.</summary>
internal sealed class ListNotices(Database database, AccessPolicy policy, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListNoticesResponse> RunAsync(Call call, ListNoticesRequest request, CancellationToken ct)
    {
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
}
