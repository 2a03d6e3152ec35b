using System.Globalization;
using Dmp.Proofs;
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

    // While this waits, every call waits behind it.
    private const string LockTimeout = "set local lock_timeout = '2s'";

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
        var kept = DateOnly.FromDateTime((await OperatorEvent.NowAsync(connection, ct)).UtcDateTime).AddYears(-years);
        return (await MonthsAsync(connection, ct)).FindAll(month => month.Month.AddMonths(1) <= kept);
    }

    /// <summary>Drops a month, and says so in the trace, in one transaction. The event is signed as those of servers are.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, TraceMonth month, NoteSigner key, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);

        // The name is made of digits.
        await using NpgsqlCommand drop = new($"{LockTimeout}; drop table public.{month.Table}", connection);
        await drop.ExecuteNonQueryAsync(ct);
        var reason = string.Create(CultureInfo.InvariantCulture, $"The retention of {month.Month:yyyy-MM} has ended.");
        await OperatorEvent.AppendAsync(connection, Retirement.Method, null, reason, key, ct);
        await transaction.CommitAsync(ct);
    }
}
