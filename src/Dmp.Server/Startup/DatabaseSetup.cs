using System.Globalization;
using Dmp.Migrator;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Dmp.Server.Postgres;
using Npgsql;

namespace Dmp.Server.Startup;

/// <summary>
/// The database behind the server: the one of the connection string, or a private PostgreSQL of the server's own. Ready
/// when it is returned: reachable, and with the schema this server needs.
/// </summary>
internal sealed class DatabaseSetup : IAsyncDisposable
{
    private const int IdleInTransactionSecondsMax = 60;
    private const int LockSecondsMax = 15;
    private const int PreparedStatementsMax = 100;

    private readonly ManagedPostgres? managed;

    private readonly string sessionConnectionString;

    private DatabaseSetup(ManagedPostgres? managed, string sessionConnectionString, NpgsqlDataSource source, SessionSource sessions)
    {
        this.managed = managed;
        this.sessionConnectionString = sessionConnectionString;
        Source = source;
        Sessions = sessions;
    }

    /// <summary>
    /// The pool of this server, of the role that owns nothing, with the limits that keep a forgotten statement from holding others up. What
    /// is looked at before the start is looked at by its connections, which stay for the work.
    /// </summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>For what needs a session: past the pooler where one is between, and the same pool otherwise.</summary>
    public SessionSource Sessions { get; }

    /// <summary>Starts or finds the database. In the sandbox and for a private database it also brings the schema up to date.</summary>
    /// <exception cref="ManagedPostgresException">The private PostgreSQL does not start.</exception>
    /// <exception cref="StartupRefusedException">The schema is older than this server.</exception>
    public static async Task<DatabaseSetup> OpenAsync(
        DatabaseOptions options, string dataDirectory, bool isSandbox, ILoggerFactory loggers, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            var managed = await ManagedPostgres.StartAsync(
                new ManagedPostgresOptions
                {
                    DataDirectory = dataDirectory,
                    BinDirectory = options.BinDirectory,
                    Durable = options.Durable,
                },
                loggers,
                ct);
            try
            {
                MigrationRunner.Up(managed.OwnerConnectionString, cancellationToken: ct);
                if (isSandbox)
                {
                    await SandboxCodes.AddAsync(managed.OwnerConnectionString, ct);
                }

                var runtime = managed.RuntimeConnectionString;
                var pool = CreateSource(runtime, options, loggers);
                return new DatabaseSetup(managed, runtime, pool, new SessionSource(pool));
            }
            catch (Exception)
            {
                await managed.DisposeAsync();
                throw;
            }
        }

        var source = CreateSource(options.ConnectionString, options, loggers);
        var sessions = source;
        try
        {
            sessions = RequireSessions(source, options, loggers);
            RequireSettings(source, options);
            if (isSandbox && options.MigrationConnectionString is { Length: > 0 } owner)
            {
                MigrationRunner.Up(owner, cancellationToken: ct);
                await SandboxCodes.AddAsync(owner, ct);
            }

            RequireSchema(source);
            var past = options.SessionConnectionString is { Length: > 0 } named ? named : options.ConnectionString;
            return new DatabaseSetup(null, past, source, new SessionSource(sessions));
        }
        catch (Exception)
        {
            await sessions.DisposeAsync();
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>A pool as the server has it.</summary>
    public static NpgsqlDataSource CreateSource(string connectionString, DatabaseOptions options, ILoggerFactory loggers) =>
        new NpgsqlDataSourceBuilder(SettingsOf(connectionString, options).ConnectionString).UseLoggerFactory(loggers).Build();

    private static NpgsqlConnectionStringBuilder SettingsOf(string connectionString, DatabaseOptions options)
    {
        // The last one of two equal keys counts: a connection string may say otherwise, for a pool in front that keeps no statements.
        var settings = new NpgsqlConnectionStringBuilder(
            string.Create(CultureInfo.InvariantCulture, $"Max Auto Prepare={PreparedStatementsMax};{connectionString}"))
        {
            MaxPoolSize = options.ConnectionsMax,

            // Whatever a call sets ends with its transaction or batch (ADR 0036): there is nothing to reset, which takes seven statements.
            NoResetOnClose = true,

            // Errors of PostgreSQL may repeat values of the row, and those are medical.
            IncludeErrorDetail = false,
            LogParameters = false,
        };
        settings.ApplicationName ??= "dmp-server";
        // The driver's own timeout comes a little later: the server's leaves the connection usable.
        settings.CommandTimeout = options.StatementTimeoutSeconds + 5;
        settings.Options = string.Join(
            ' ',
            settings.Options,
            // On by default in PostgreSQL: statements of a few milliseconds would be compiled for seconds.
            "-c jit=off",
            $"-c statement_timeout={options.StatementTimeoutSeconds}s",
            $"-c lock_timeout={LockSecondsMax}s",
            $"-c idle_in_transaction_session_timeout={IdleInTransactionSecondsMax}s").Trim();
        return settings;
    }

    /// <summary>
    /// A pooler may give each transaction another session, or refuse the startup parameter with which the settings come. Behind one of the
    /// first kind the server works when it has another way for what needs a session, and when nothing is left behind in a session that
    /// others get: no statement that only one of them has prepared.
    /// </summary>
    /// <returns>The connections that are sessions.</returns>
    private static NpgsqlDataSource RequireSessions(NpgsqlDataSource source, DatabaseOptions options, ILoggerFactory loggers)
    {
        try
        {
            var fault = SessionProbe.Fault(source);
            if (string.IsNullOrEmpty(options.SessionConnectionString))
            {
                return fault is null
                    ? source
                    : throw new StartupRefusedException(
                        $"{fault} (Dmp:Database:ConnectionString), or say in Dmp:Database:SessionConnectionString how to get past it.");
            }

            // Who names a way past a pooler has one, also where the probe did not see that sessions change.
            RequireStatements(source);
            return PastPooler(source, options, loggers);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            throw new StartupRefusedException(
                $"A pooler in front of the database refuses how the server connects ({refused.MessageText}): the settings of its "
                + "connections come with the startup parameter options. Connect directly, or let the pooler ignore it (PgBouncer: "
                + "ignore_startup_parameters = options) and give the settings to the role, as "
                + "docs/configuration.md says.",
                refused);
        }
    }

    /// <summary>The pooler has to know which session has which prepared statement, or none may be prepared.</summary>
    private static void RequireStatements(NpgsqlDataSource source)
    {
        if (new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxAutoPrepare > 0
            && SessionProbe.StatementFault(source) is { } fault)
        {
            throw new StartupRefusedException($"{fault} (Dmp:Database:ConnectionString)");
        }
    }

    /// <exception cref="StartupRefusedException">It leads through a pooler too, or to another database.</exception>
    private static NpgsqlDataSource PastPooler(NpgsqlDataSource source, DatabaseOptions options, ILoggerFactory loggers)
    {
        // One listens; the probe needs a second one.
        var sessions = CreateSource(options.SessionConnectionString!, options with { ConnectionsMax = 2 }, loggers);
        try
        {
            return SessionProbe.Fault(sessions) is { } fault
                ? throw new StartupRefusedException($"{fault} (Dmp:Database:SessionConnectionString)")
                : IdentityOf(source) != IdentityOf(sessions)
                    ? throw new StartupRefusedException(
                        "Dmp:Database:SessionConnectionString and Dmp:Database:ConnectionString lead to different databases.")
                    : sessions;
        }
        catch (Exception)
        {
            sessions.Dispose();
            throw;
        }
    }

    // The start of the postmaster and the number of the database: two clusters that were restored from one backup have different ones.
    private static string IdentityOf(NpgsqlDataSource source)
    {
        using var command = source.CreateCommand(
            "select extract(epoch from pg_postmaster_start_time())::text || '/' || oid from pg_database "
            + "where datname = current_database()");
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>A pooler may drop the startup parameter with which the settings come, and say nothing.</summary>
    private static void RequireSettings(NpgsqlDataSource source, DatabaseOptions options)
    {
        // As PostgreSQL tells numbers of milliseconds, whichever unit they were given in.
        (string Name, string Value)[] wanted =
        [
            ("jit", "off"), ("statement_timeout", Milliseconds(options.StatementTimeoutSeconds)),
            ("lock_timeout", Milliseconds(LockSecondsMax)),
            ("idle_in_transaction_session_timeout", Milliseconds(IdleInTransactionSecondsMax)),
        ];
        using var command = source.CreateCommand("select name from pg_settings where (name, setting) in (select * from unnest($1, $2))");
        command.Parameters.AddWithValue(wanted.Select(setting => setting.Name).ToArray());
        command.Parameters.AddWithValue(wanted.Select(setting => setting.Value).ToArray());
        List<string> kept = [];
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                kept.Add(reader.GetString(0));
            }
        }

        if (kept.Count < wanted.Length)
        {
            var role = new NpgsqlConnectionStringBuilder(options.ConnectionString).Username;
            var missing = wanted.Where(setting => !kept.Contains(setting.Name))
                .Select(setting => $"alter role {role} set {setting.Name} = '{setting.Value}'");
            throw new StartupRefusedException(
                "The database does not get the settings of its connections (startup parameter options), because a pooler in front of it "
                + $"drops them; connect directly, or give them to the role with: {string.Join("; ", missing)}. Then let the pooler open "
                + "its sessions anew (PgBouncer: RECONNECT).");
        }
    }

    private static string Milliseconds(int seconds) => (seconds * 1000).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// One connection beside the pool, which gives up by itself within the limit; past a pooler, whose sessions may all be at work.
    /// </summary>
    public NpgsqlDataSource CreateHealthSource(TimeSpan limit)
    {
        var settings = new NpgsqlConnectionStringBuilder(sessionConnectionString)
        {
            ApplicationName = "dmp-health",
            MinPoolSize = 0,
            MaxPoolSize = 1,
            Timeout = (int)limit.TotalSeconds,
            CommandTimeout = (int)limit.TotalSeconds,

            // A database that is frozen does not take a request to cancel either.
            CancellationTimeout = -1,
            IncludeErrorDetail = false,
        };
        settings.Options = $"{settings.Options} -c jit=off".Trim();
        return PlainSource.Of(settings.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await Sessions.Source.DisposeAsync();
        await Source.DisposeAsync();
        if (managed is not null)
        {
            await managed.DisposeAsync();
        }
    }

    private static void RequireSchema(NpgsqlDataSource source)
    {
        var status = MigrationRunner.Status(source);
        if (status.Pending.Count > 0)
        {
            throw new StartupRefusedException(
                $"The database lacks {status.Pending.Count} migrations, the first is {status.Pending[0]}. Run the migrator "
                + "(dmp-migrator up) as the role that owns the schema, then start the server again.");
        }
    }
}
