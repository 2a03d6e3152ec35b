using Dmp.Notice.V1;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Notices;

/// <summary>Notices that could not be delivered.</summary>
internal sealed class ListDeadLetters(TracedReads reads, PageTokens pageTokens)
{
    public Task<ListDeadLettersResponse> RunAsync(Call call, ListDeadLettersRequest request, CancellationToken ct)
    {
        var faults = FieldFaults.Of(request);
        var pageSize = faults.PageSize(request.PageSize);
        faults.ThrowIfAny();
        IdPage page = new(pageTokens, call.Caller, new ListDeadLettersRequest(request) { PageToken = "" }, request.PageToken, pageSize);

        return reads.RunAsync(
            call,
            async connection =>
            {
                await RowScope.OfNotices(call.Caller).ApplyAsync(connection, ct);
                var found = (await NoticeListSql.ListDeadAsync(connection, page.After, page.RowsMax, ct)).GroupBy(row => row.NoticeId);
                var (notices, nextToken) = page.Cut(found, notice => notice.Key);
                return new ListDeadLettersResponse
                {
                    DeadLetters = { notices.SelectMany(deliveries => deliveries).Select(ToDeadLetter) },
                    NextPageToken = nextToken,
                };
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
