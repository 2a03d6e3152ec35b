using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>What shows that the database can write.</summary>
internal static class HealthSql
{
    /// <summary>
    /// False where it takes no writes: on a standby, or while the database or role is read-only. Otherwise the statement commits a record
    /// of the write-ahead log, which is flushed, and makes files grow, which a full disk refuses: the rows do not fit the memory that
    /// <see cref="LittleMemory"/> leaves, and go to a temporary file. Both are gone afterwards; no table is touched.
    /// </summary>
    private const string Write =
        """
        select case
            when pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then false
            else pg_logical_emit_message(true, 'dmp-health', ''::text) is not null
                and (
                    with spilled as materialized (select repeat('.', 1000) as line from generate_series(1, 200))
                    select count(line) from spilled
                ) > 0
        end
        """;

    // Of the batch, far below what the rows of the statement need: a pooler may drop what a connection is started with.
    private const string LittleMemory = "select set_config('work_mem', '64kB', true)";

    public static async Task<bool> WriteAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand(LittleMemory), new NpgsqlBatchCommand(Write) },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        return await reader.ReadAsync(ct) && reader.GetBoolean(0);
    }
}
