using Dmp.Notice.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Notices;

/// <summary>Notices that could not be delivered.</summary>
internal sealed class ListDeadLetters(Database database, AuditTrail audit, PageTokens pageTokens)
{
    public async Task<ListDeadLettersResponse> RunAsync(Call call, ListDeadLettersRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        var query = new ListDeadLettersRequest(request) { PageToken = "" };
        var before = pageTokens.ReadId(request.PageToken, call.Caller, query);

        return await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfTask(RowScope.Notices, call.Caller).ApplyAsync(connection, ct);
                var rows = await NoticeListSql.ListDeadAsync(connection, before, pageSize + 1, ct);
                var notices = rows.GroupBy(row => row.NoticeId).ToList();
                var response = new ListDeadLettersResponse();
                response.DeadLetters.AddRange(notices.Take(pageSize).SelectMany(deliveries => deliveries).Select(ToDeadLetter));
                if (notices.Count > pageSize)
                {
                    response.NextPageToken = pageTokens.Create(call.Caller, query, PageTokens.Position(notices[pageSize - 1].Key));
                }

                await audit.TraceReadAsync(connection, call, [], ct);
                return response;
            },
            ct);
    }

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
