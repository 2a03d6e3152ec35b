using Dapper;
using Dmp.Notice.V1;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Notices;

/// <summary>A delivery of which this server makes an attempt.</summary>
internal sealed record ClaimedDelivery
{
    public required Guid NoticeId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>Attempts so far, this one included: it tells whether another server has taken over since.</summary>
    public required int Attempts { get; init; }

    public required DateTimeOffset GiveUpTime { get; init; }
}

/// <summary>What an attempt sends.</summary>
internal sealed record NoticeContent
{
    public required Guid NoticeId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>The numbers of <see cref="NoticeKind"/>.</summary>
    public required short Kind { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>As people in France read the time of the event.</summary>
    public required string LocalTime { get; init; }

    public required string ProfessionalId { get; init; }

    /// <summary>The address; null when there is none any more.</summary>
    public string? Email { get; init; }
}

internal static class DeliverySql
{
    private const string Insert =
        """
        insert into notice_delivery (notice_id, record_id, channel, target, state, next_attempt_time, give_up_time)
        select n.notice_id, n.record_id, n.channel, n.target, 1, n.create_time, @GiveUpTime
        from unnest(@NoticeIds::uuid[], @RecordIds::uuid[], @Channels::smallint[], @Targets::text[], @CreateTimes::timestamptz[])
            n (notice_id, record_id, channel, target, create_time)
        """;

    // Served by notice_delivery_due_idx; rows that another server is taking are skipped. A server that dies leaves a row
    // that is due again when the lease ends.
    private const string Claim =
        """
        update notice_delivery
        set attempts = attempts + 1, attempt_time = @Now, next_attempt_time = @LeaseEnd
        where (record_id, notice_id, channel, target) = (
            select record_id, notice_id, channel, target
            from notice_delivery
            where channel = @Channel
                and target = @Target
                and state = 1
                and next_attempt_time <= @Now
            order by next_attempt_time
            limit 1
            for update skip locked
        )
        returning notice_id, record_id, attempts, give_up_time
        """;

    // Served by notice_pkey, record_pkey and notice_contact_pkey. The database knows the time zone on every machine.
    private const string FindContent =
        """
        select n.notice_id, n.record_id, n.kind, n.event_time, n.create_time, n.professional_id,
            to_char(n.event_time at time zone 'Europe/Paris', 'DD/MM/YYYY à HH24:MI') as local_time,
            case when n.professional_id = '' then r.email else c.email end as email
        from notice n
        join record r on r.record_id = n.record_id
        left join notice_contact c on c.professional_id = n.professional_id
        where n.record_id = @RecordId
            and n.notice_id = @NoticeId
        """;

    // Served by notice_delivery_pkey. Nothing is written when another server has taken over since.
    private const string Finish =
        """
        update notice_delivery
        set state = @State, failure = @Failure, next_attempt_time = @NextAttemptTime, deliver_time = @DeliverTime
        where record_id = @RecordId
            and notice_id = @NoticeId
            and channel = @Channel
            and target = @Target
            and state = 1
            and attempts = @Attempts
        """;

    // Served by notice_delivery_due_idx. What no worker takes any more (a webhook that was removed) is given up too.
    private const string GiveUp =
        """
        update notice_delivery
        set state = 3
        where state = 1
            and give_up_time < @Before
            and next_attempt_time < @Before
        """;

    /// <summary>Gives up what should have been given up long ago, on a connection for housekeeping; returns how many.</summary>
    public static Task<int> GiveUpAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken ct) =>
        connection.ExecuteAsync(new CommandDefinition(GiveUp, new { Before = before }, cancellationToken: ct));

    public static Task InsertAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(NewNotice Notice, NoticeWay Way)> sent,
        DateTimeOffset giveUpTime,
        CancellationToken ct) =>
        sent.Count == 0 ? Task.CompletedTask : connection.ExecuteAsync(new CommandDefinition(
            Insert,
            new
            {
                NoticeIds = sent.Select(one => one.Notice.NoticeId).ToArray(),
                RecordIds = sent.Select(one => one.Notice.RecordId).ToArray(),
                Channels = sent.Select(one => (short)one.Way.Channel).ToArray(),
                Targets = sent.Select(one => one.Way.Target).ToArray(),
                CreateTimes = sent.Select(one => one.Notice.CreateTime).ToArray(),
                GiveUpTime = giveUpTime,
            },
            cancellationToken: ct));

    /// <summary>Takes the delivery that has been due for longest; null when there is none.</summary>
    public static async Task<ClaimedDelivery?> ClaimAsync(
        NpgsqlConnection connection, NoticeWay way, DateTimeOffset now, DateTimeOffset leaseEnd, CancellationToken ct)
    {
        await RowScope.Notices.ApplyAsync(connection, ct);
        return await connection.QuerySingleOrDefaultAsync<ClaimedDelivery>(new CommandDefinition(
            Claim, new { Channel = (short)way.Channel, way.Target, Now = now, LeaseEnd = leaseEnd }, cancellationToken: ct));
    }

    /// <summary>What a claimed delivery sends. From here on the connection is for its record and the notices.</summary>
    public static async Task<NoticeContent> FindContentAsync(NpgsqlConnection connection, ClaimedDelivery claimed, CancellationToken ct)
    {
        await RowScope.OfNotices(claimed.RecordId).ApplyAsync(connection, ct);
        return await connection.QuerySingleAsync<NoticeContent>(new CommandDefinition(
            FindContent, new { claimed.RecordId, claimed.NoticeId }, cancellationToken: ct));
    }

    public static async Task FinishAsync(
        NpgsqlConnection connection,
        ClaimedDelivery claimed,
        NoticeWay way,
        NoticeDeliveryState state,
        NoticeDeliveryFailure failure,
        DateTimeOffset nextAttemptTime,
        DateTimeOffset now,
        CancellationToken ct)
    {
        await RowScope.Notices.ApplyAsync(connection, ct);
        await connection.ExecuteAsync(new CommandDefinition(
            Finish,
            new
            {
                claimed.RecordId,
                claimed.NoticeId,
                Channel = (short)way.Channel,
                way.Target,
                claimed.Attempts,
                State = (short)state,
                Failure = (short)failure,
                NextAttemptTime = nextAttemptTime,
                DeliverTime = state == NoticeDeliveryState.Delivered ? now : (DateTimeOffset?)null,
            },
            cancellationToken: ct));
    }
}
