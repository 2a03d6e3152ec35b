using System.Globalization;
using System.Security.Cryptography;
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

    private const string Now = "select now()";

    // While this waits, every call waits behind it.
    private const string LockTimeout = "set local lock_timeout = '2s'";

    // The number of dmp.type.v1.ActorKind for the platform.
    private const short Platform = 7;

    private const string Tell =
        """
        insert into audit_event (
            event_id, event_time, method, actor_kind, document_ids, outcome, status_code, server_request_id, justification,
            salt, root, signature, signing_key)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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

    /// <summary>Drops a month, and says so in the trace, in one transaction. The event is signed as those of servers are.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, TraceMonth month, NoteSigner key, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);

        // The name is made of digits.
        await using NpgsqlCommand drop = new($"{LockTimeout}; drop table public.{month.Table}", connection);
        await drop.ExecuteNonQueryAsync(ct);
        var row = EventSignature.Sign(EventOf(month, EventContent.Stored(await NowAsync(connection, ct))), key);
        await using NpgsqlCommand tell = new(Tell, connection);
        foreach (var value in new object[]
        {
            row.EventId, row.EventTime, row.Method, row.ActorKind, row.DocumentIds, row.Outcome, row.StatusCode, row.ServerRequestId,
            row.Justification!, row.Salt, row.Root!, row.Signature!, row.SigningKey!,
        })
        {
            tell.Parameters.Add(new() { Value = value });
        }

        await tell.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }

    // In the name of the platform: who holds the password of the owner is known to the operating system, not here.
    private static AuditEventRow EventOf(TraceMonth month, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new AuditEventRow
        {
            EventId = id,
            EventTime = now,
            Method = Retirement.Method,
            ActorKind = Platform,
            DocumentIds = [],
            Outcome = 1,
            StatusCode = 0,
            ServerRequestId = id,
            Justification = string.Create(CultureInfo.InvariantCulture, $"The retention of {month.Month:yyyy-MM} has ended."),
            Salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes),
        };
    }

    private static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(Now, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }
}
