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
    // and one that takes its sessions in turn shows two to the same one. Several, because a pooler may be some processes behind one
    // address, each with sessions of its own; more rounds than needed, because others may use it meanwhile.
    private const int Connections = 8;
    private const int Rounds = 2;

    // A pool of one session that waits for it is found by this.
    private const int TimeoutSeconds = 15;

    private const string Lost = "The pooler in front of the database loses prepared statements. Let it keep them "
        + "(PgBouncer 1.22 and later: max_prepared_statements), or have none (Max Auto Prepare=0 in the connection string).";

    /// <summary>A sentence that says what is wrong; null when nothing is.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static string? Fault(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, NoResetOnClose = true };
        using var source = PlainSource.Of(settings.ConnectionString);
        return Fault(source);
    }

    /// <summary>The same by some connections of a pool, which takes them back.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static string? Fault(NpgsqlDataSource source)
    {
        var connections = Enumerable.Range(0, Math.Min(Connections, MostOf(source))).Select(_ => source.CreateConnection()).ToArray();
        try
        {
            // Two tell that nothing is between, which is how most servers start.
            foreach (var connection in connections[..2])
            {
                connection.Open();
            }

            if (connections[..2].All(IsDirect) && connections[0].ProcessID != connections[1].ProcessID)
            {
                return null;
            }

            foreach (var connection in connections[2..])
            {
                connection.Open();
            }

            var sessions = connections.Select(_ => new HashSet<string>(StringComparer.Ordinal)).ToArray();
            for (var i = 0; i < Rounds * connections.Length * 2; i++)
            {
                var turn = i / 2 % connections.Length;

                // Another text each time: the pool would prepare the one that comes again, and the session that has it may be gone.
                var sql = string.Create(CultureInfo.InvariantCulture, $"{Session} as asked_{i}");
                using var command = new NpgsqlCommand(sql, connections[turn]) { CommandTimeout = TimeoutSeconds };
                sessions[turn].Add(Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture)!);
            }

            return sessions.All(one => one.Count == 1) && sessions.SelectMany(one => one).Distinct().Count() == connections.Length
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
    /// A sentence that says that a prepared statement is not there whichever session a pooler gives; null when it is. Others hold sessions
    /// meanwhile, so that the one in which it was prepared is taken, and forget their own statements, as the server does after a failure.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot be reached, or refuses.</exception>
    public static string? StatementFault(NpgsqlDataSource source)
    {
        using var connection = source.OpenConnection();
        using var command = new NpgsqlCommand(Session, connection) { CommandTimeout = TimeoutSeconds };
        try
        {
            command.Prepare();
            for (var i = 1; i < Math.Min(Connections, MostOf(source)); i++)
            {
                var others = Enumerable.Range(0, i).Select(_ => source.OpenConnection()).ToList();
                try
                {
                    foreach (var other in others)
                    {
                        using var begin = new NpgsqlCommand("begin; select 1", other) { CommandTimeout = TimeoutSeconds };
                        begin.ExecuteNonQuery();
                    }

                    command.ExecuteScalar();
                    foreach (var other in others)
                    {
                        using var end = new NpgsqlCommand("rollback", other) { CommandTimeout = TimeoutSeconds };
                        end.ExecuteNonQuery();
                        other.UnprepareAll();
                    }

                    command.ExecuteScalar();
                }
                finally
                {
                    others.ForEach(other => other.Dispose());
                }
            }

            return null;
        }
        catch (PostgresException lost) when (lost.SqlState is PostgresErrorCodes.InvalidSqlStatementName
            or PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.ProtocolViolation)
        {
            // What the driver believes of this connection is wrong now.
            source.Clear();
            return Lost;
        }
        catch (NpgsqlException few) when (few.InnerException is TimeoutException)
        {
            source.Clear();
            return "The pooler in front of the database has too few sessions: a transaction waited for another one to end.";
        }
    }

    /// <summary>The most connections of a pool; one that is none has as many as are asked for.</summary>
    private static int MostOf(NpgsqlDataSource source)
    {
        NpgsqlConnectionStringBuilder settings = new(source.ConnectionString);
        return settings.Pooling ? settings.MaxPoolSize : int.MaxValue;
    }

    /// <summary>PostgreSQL says which process answers; a pooler says another number than the process that does.</summary>
    private static bool IsDirect(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("select pg_backend_pid()", connection) { CommandTimeout = TimeoutSeconds };
        return command.ExecuteScalar() is int process && process == connection.ProcessID;
    }
}
