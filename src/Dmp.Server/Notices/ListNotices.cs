using Dmp.Notice.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;
using NoticeMessage = Dmp.Notice.V1.Notice;

namespace Dmp.Server.Notices;

/// <summary>Notices of a record, with what became of them.</summary>
internal sealed class ListNotices(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListNoticesResponse> RunAsync(Call call, ListNoticesRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var recordId = call.ReadRecordId(request.RecordId, faults);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListNoticesRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.OfRecordAsync(
            call,
            recordId,
            async (connection, access) =>
            {
                var found = await NoticeListSql.ListAsync(connection, access, page.After, page.RowsMax, ct);
                var (rows, nextToken) = page.Cut(found, row => row.NoticeId);
                var deliveries = (await NoticeListSql.ListDeliveriesAsync(connection, access, rows.Select(row => row.NoticeId), ct))
                    .ToLookup(delivery => delivery.NoticeId);
                return new ListNoticesResponse
                {
                    Notices = { rows.Select(row => ToMessage(row, deliveries[row.NoticeId])) },
                    NextPageToken = nextToken,
                };
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
