using Dapper;
using Dmp.Server.Data;
using Npgsql;

namespace Dmp.Server.Events;

/// <summary>
/// What ends, or begins, by time and by nobody's act: told once, by whichever server comes first. What counts for access is the time in
/// the row; telling it later delays no right and lengthens none.
/// </summary>
internal static class EndingSql
{
    private const int BatchSize = 500;

    // Served by consent_expire_idx. Rows another server works on are skipped, and both see a row that is done; so below.
    private const string TellExpiredConsents =
        """
        with due as (
            update consent
            set expiry_told = true
            where (record_id, consent_id) in (
                select record_id, consent_id
                from consent
                where expire_time <= @Now and revoke_time is null and not expiry_told
                order by expire_time
                limit @BatchSize
                for update skip locked
            )
            returning consent_id, record_id, actor_kind, actor_id, hidden_from_representatives
        )
        insert into outbox (event_time, kind, record_id, hidden_from_representatives, actor_kind, actor_id, subject_id)
        select @Now, @Kind, record_id, hidden_from_representatives, actor_kind, actor_id, consent_id
        from due
        """;

    // Served by delegation_start_idx. One that had begun when it was accepted was told by that.
    private const string TellStartedDelegations =
        """
        with due as (
            update delegation
            set start_told = true
            where (record_id, delegation_id) in (
                select record_id, delegation_id
                from delegation
                where start_time <= @Now and accept_time is not null and revoke_time is null and not start_told
                order by start_time
                limit @BatchSize
                for update skip locked
            )
            returning delegation_id, record_id, start_time > accept_time as is_news
        ), told as (
            insert into outbox (event_time, kind, record_id, hidden_from_representatives, subject_id)
            select @Now, @Kind, record_id, false, delegation_id
            from due
            where is_news
        )
        select count(*)::int from due
        """;

    // Served by delegation_end_idx.
    private const string TellEndedDelegations =
        """
        with due as (
            update delegation
            set end_told = true
            where (record_id, delegation_id) in (
                select record_id, delegation_id
                from delegation
                where end_time <= @Now and accept_time is not null and revoke_time is null and not end_told
                order by end_time
                limit @BatchSize
                for update skip locked
            )
            returning delegation_id, record_id
        )
        insert into outbox (event_time, kind, record_id, hidden_from_representatives, subject_id)
        select @Now, @Kind, record_id, false, delegation_id
        from due
        """;

    // Served by record_majority_idx, whose condition it repeats. Dates are compared with dates: comparing a date with a timestamp is not
    // leakproof, so row-level security would keep it out of the index and read all records.
    private const string TellMajorities =
        """
        with due as (
            update record
            set majority_told = true
            where record_id in (
                select record_id
                from record
                where not majority_told
                    and birth_date > (create_time at time zone 'UTC') - interval '18 years 2 days'
                    and birth_date <= (@Now::timestamptz at time zone 'UTC' - interval '17 years 363 days')::date
                    and dmp_majority_time(birth_date) <= @Now
                order by birth_date
                limit @BatchSize
                for update skip locked
            )
            returning record_id
        )
        insert into outbox (event_time, kind, record_id, hidden_from_representatives)
        select @Now, @Kind, record_id, false
        from due
        """;

    // Served by record_guardianship_idx.
    private const string TellEndedGuardianships =
        """
        with due as (
            update record
            set guardianship_told = true
            where record_id in (
                select record_id
                from record
                where guardianship_until <= @Now and not guardianship_told and guardianship_until is not null
                order by guardianship_until
                limit @BatchSize
                for update skip locked
            )
            returning record_id
        )
        insert into outbox (event_time, kind, record_id, hidden_from_representatives)
        select @Now, @Kind, record_id, false
        from due
        """;

    /// <summary>
    /// One for each kind of ending: tells the next batch of what is due, on a connection of <see cref="RowScope.Sweep"/>, and returns how
    /// many there were. A batch is a transaction.
    /// </summary>
    public static IReadOnlyList<Func<NpgsqlConnection, DateTimeOffset, CancellationToken, Task<int>>> Batches { get; } =
    [
        (connection, now, ct) => connection.ExecuteAsync(Command(TellExpiredConsents, OutboxKind.ConsentExpired, now, ct)),
        (connection, now, ct) => connection.ExecuteAsync(Command(TellEndedDelegations, OutboxKind.DelegationEnded, now, ct)),
        (connection, now, ct) => connection.ExecuteAsync(Command(TellMajorities, OutboxKind.MajorityReached, now, ct)),
        (connection, now, ct) => connection.ExecuteAsync(Command(TellEndedGuardianships, OutboxKind.GuardianshipEnded, now, ct)),
        (connection, now, ct) => connection.ExecuteScalarAsync<int>(Command(TellStartedDelegations, OutboxKind.DelegationStarted, now, ct)),
    ];

    private static CommandDefinition Command(string sql, string kind, DateTimeOffset now, CancellationToken ct) =>
        new(sql, new { Now = now, Kind = kind, BatchSize }, cancellationToken: ct);
}
