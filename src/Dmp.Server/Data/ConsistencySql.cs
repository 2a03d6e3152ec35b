using Dapper;
using Dmp.Server.Calls;
using Npgsql;
using NpgsqlTypes;

namespace Dmp.Server.Data;

/// <summary>Where the database is, and the end of a transaction with that question behind it.</summary>
internal static class ConsistencySql
{
    /// <summary>Where the database is. After a commit on the same connection: at or behind that commit.</summary>
    public const string Position = "select system_identifier as cluster, dmp_position()::text as lsn from pg_control_system()";

    /// <summary>
    /// Runs the last statements of a transaction, ends it, and asks where the database is then: one batch. The driver sees that its
    /// transaction has ended.
    /// </summary>
    public static async Task<DatabasePosition> CommitAsync(NpgsqlConnection connection, IReadOnlyList<NpgsqlBatchCommand> last)
    {
        await using NpgsqlBatch batch = new(connection);
        foreach (var command in last)
        {
            batch.BatchCommands.Add(command);
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Position));
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        return new DatabasePosition(reader.GetInt64(0), NpgsqlLogSequenceNumber.Parse(reader.GetString(1)));
    }

    public static async Task<DatabasePosition> PositionAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var (cluster, lsn) = await connection.QuerySingleAsync<(long Cluster, string Lsn)>(
            new CommandDefinition(Position, cancellationToken: ct));
        return new DatabasePosition(cluster, NpgsqlLogSequenceNumber.Parse(lsn));
    }
}
