using Dapper;
using Dmp.Server.Access;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>A notice, as stored.</summary>
internal sealed record NoticeRow
{
    public required Guid NoticeId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="Dmp.Notice.V1.NoticeKind"/>.</summary>
    public required short Kind { get; init; }

    public required DateTimeOffset EventTime { get; init; }
}

/// <summary>A delivery, as stored: the numbers are those of the contract's enums.</summary>
internal sealed record DeliveryRow
{
    public required Guid NoticeId { get; init; }

    public required short Channel { get; init; }

    public required string Target { get; init; }

    public required short State { get; init; }

    public required int Attempts { get; init; }

    public required short Failure { get; init; }

    public DateTimeOffset? AttemptTime { get; init; }

    public DateTimeOffset? DeliverTime { get; init; }
}

/// <summary>What patients and operators see of notices.</summary>
internal static class NoticeListSql
{
    private const string DeliveryColumns = "notice_id, channel, target, state, attempts, failure, attempt_time, deliver_time";

    // Served by notice_record_idx, in its order and no further.
    private const string List =
        """
        select notice_id, record_id, kind, event_time
        from notice
        where record_id = @RecordId
            and professional_id = ''
            and (@SeesSecret or not secret)
            and (@BeforeId::uuid is null or notice_id < @BeforeId)
        order by notice_id desc
        limit @Limit
        """;

    // Served by notice_delivery_pkey.
    private const string ListDeliveries =
        $"""
        select {DeliveryColumns}
        from notice_delivery
        where record_id = @RecordId
            and notice_id = any (@NoticeIds)
        order by notice_id, channel, target
        """;

    // Served by notice_delivery_dead_idx.
    private const string ListDead =
        $"""
        select {DeliveryColumns}
        from notice_delivery
        where state = 3
            and notice_id in (
                select distinct notice_id
                from notice_delivery
                where state = 3
                    and (@BeforeId::uuid is null or notice_id < @BeforeId)
                order by notice_id desc
                limit @Limit
            )
        order by notice_id desc, channel, target
        """;

    // Served by notice_delivery_dead_idx: an operator knows the notice, and not whose it is.
    private const string Retry =
        """
        update notice_delivery
        set state = 1, attempts = 0, failure = 0, next_attempt_time = @Now, give_up_time = @GiveUpTime
        where notice_id = @NoticeId
            and state = 3
        """;

    /// <summary>The notices to the patient's side, newest first.</summary>
    public static Task<List<NoticeRow>> ListAsync(
        NpgsqlConnection connection, RecordAccess access, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryInIndexOrderAsync<NoticeRow>(
            List, new { access.RecordId, access.SeesSecret, BeforeId = beforeId, Limit = limit }, ct);

    public static Task<IEnumerable<DeliveryRow>> ListDeliveriesAsync(
        NpgsqlConnection connection, RecordAccess access, IEnumerable<Guid> noticeIds, CancellationToken ct) =>
        connection.QueryAsync<DeliveryRow>(new CommandDefinition(
            ListDeliveries, new { access.RecordId, NoticeIds = noticeIds.ToArray() }, cancellationToken: ct));

    /// <summary>The given-up deliveries of some notices, newest first, on a connection of <see cref="RowScope.Notices"/>.</summary>
    public static Task<IEnumerable<DeliveryRow>> ListDeadAsync(
        NpgsqlConnection connection, Guid? beforeId, int limit, CancellationToken ct) =>
        connection.QueryAsync<DeliveryRow>(new CommandDefinition(
            ListDead, new { BeforeId = beforeId, Limit = limit }, cancellationToken: ct));

    /// <summary>Makes the given-up deliveries of a notice due again; returns how many.</summary>
    public static Task<int> RetryAsync(
        NpgsqlConnection connection, Guid noticeId, DateTimeOffset now, DateTimeOffset giveUpTime, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(
            Retry, new { NoticeId = noticeId, Now = now, GiveUpTime = giveUpTime }, cancellationToken: ct));
}
