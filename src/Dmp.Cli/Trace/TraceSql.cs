using System.Globalization;
using Npgsql;

namespace Dmp.Cli.Trace;

/// <summary>One month of the trace: a partition of <c>audit_event</c>.</summary>
internal sealed record TraceMonth(DateOnly Month, long Bytes)
{
    public string Table => string.Create(CultureInfo.InvariantCulture, $"audit_event_{Month:yyyyMM}");
}

internal static class TraceSql
{
    private const string Months =
        """
        select to_date(right(c.relname, 6), 'YYYYMM') as month, pg_total_relation_size(c.oid) as bytes
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.audit_event'::regclass
            and c.relname ~ '^audit_event_[0-9]{6}$'
        order by month
        """;

    private const string Now = "select now()";

    // While this waits, every call waits behind it.
    private const string LockTimeout = "set local lock_timeout = '2s'";

    // In the name of the platform: who holds the password of the owner is known to the operating system, not here.
    private const string Tell =
        """
        insert into audit_event (event_id, event_time, method, actor_kind, document_ids, outcome, status_code, server_request_id, justification)
        values ($1, $2, 'dmp trace retire', 7, '{}', 1, 0, $1, $3)
        """;

    public static async Task<List<TraceMonth>> MonthsAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(Months, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<TraceMonth> months = [];
        while (await reader.ReadAsync(ct))
        {
            months.Add(new(reader.GetFieldValue<DateOnly>(0), reader.GetInt64(1)));
        }

        return months;
    }

    /// <summary>The months whose last moment is more than <paramref name="years"/> years ago.</summary>
    public static async Task<List<TraceMonth>> DueAsync(NpgsqlConnection connection, int years, CancellationToken ct)
    {
        var kept = DateOnly.FromDateTime((await NowAsync(connection, ct)).UtcDateTime).AddYears(-years);
        return (await MonthsAsync(connection, ct)).FindAll(month => month.Month.AddMonths(1) <= kept);
    }

    /// <summary>Drops a month, and says so in the trace, in one transaction.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, TraceMonth month, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);

        // The name is made of digits.
        await using NpgsqlCommand drop = new($"{LockTimeout}; drop table public.{month.Table}", connection);
        await drop.ExecuteNonQueryAsync(ct);
        var now = await NowAsync(connection, ct);
        await using NpgsqlCommand tell = new(Tell, connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7(now) },
                new() { Value = now },
                new() { Value = string.Create(CultureInfo.InvariantCulture, $"The retention of {month.Month:yyyy-MM} has ended.") },
            },
        };
        await tell.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(Now, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }
}
