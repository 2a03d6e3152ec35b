using System.Globalization;
using Npgsql;

namespace Dmp.Migrator;

/// <summary>
/// Whether a connection is a session of its own. Behind a pooler that gives each transaction another session (PgBouncer in the mode
/// <c>transaction</c> or <c>statement</c>), locks, settings and prepared statements of one caller would be those of another.
/// </summary>
public static class SessionProbe
{
    private const string Session =
        "select pg_backend_pid()::text || '@' || extract(epoch from pg_postmaster_start_time())::text";

    // Connections that are open together, each asked twice in a row: a pooler that gives out the session it got back last shows it to both,
    // and one that takes its sessions in turn shows two to the same one. More rounds than needed, because others may use it meanwhile.
    private const int Connections = 2;
    private const int Rounds = 4;

    // A pool of one session that waits for it is found by this.
    private const int TimeoutSeconds = 15;

    /// <summary>A sentence that says what is wrong; null when nothing is.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static string? Fault(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, NoResetOnClose = true };
        using var source = PlainSource.Of(settings.ConnectionString);
        return Fault(source);
    }

    /// <summary>The same by two connections of a pool, which takes them back.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static string? Fault(NpgsqlDataSource source)
    {
        var connections = Enumerable.Range(0, Connections).Select(_ => source.CreateConnection()).ToArray();
        try
        {
            foreach (var connection in connections)
            {
                connection.Open();
            }

            var sessions = connections.Select(_ => new HashSet<string>(StringComparer.Ordinal)).ToArray();
            for (var i = 0; i < Rounds * Connections * 2; i++)
            {
                var turn = i / 2 % Connections;

                // Another text each time: the pool would prepare the one that comes again, and the session that has it may be gone.
                var sql = string.Create(CultureInfo.InvariantCulture, $"{Session} as asked_{i}");
                using var command = new NpgsqlCommand(sql, connections[turn]) { CommandTimeout = TimeoutSeconds };
                sessions[turn].Add(Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture)!);
            }

            return sessions.All(one => one.Count == 1) && sessions.SelectMany(one => one).Distinct().Count() == Connections
                ? null
                : "The database is behind a pooler that gives each transaction another session "
                    + "(PgBouncer with pool_mode transaction or statement); "
                    + "connect directly, or set pool_mode = session.";
        }
        finally
        {
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>
    /// Whether a statement that was prepared is there whichever session a pooler gives. Others hold sessions meanwhile, so that the one in
    /// which it was prepared is taken.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static bool KeepsStatements(NpgsqlDataSource source)
    {
        using var connection = source.OpenConnection();
        using var command = new NpgsqlCommand(Session, connection) { CommandTimeout = TimeoutSeconds };
        try
        {
            command.Prepare();
            for (var i = 0; i < Rounds; i++)
            {
                using var other = source.OpenConnection();
                using var held = other.BeginTransaction();
                using (var take = new NpgsqlCommand("select 1", other, held) { CommandTimeout = TimeoutSeconds })
                {
                    take.ExecuteScalar();
                }

                command.ExecuteScalar();
            }

            return true;
        }
        catch (PostgresException lost) when (lost.SqlState is PostgresErrorCodes.InvalidSqlStatementName
            or PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.ProtocolViolation)
        {
            // What the driver believes of this connection is wrong now.
            source.Clear();
            return false;
        }
    }
}
