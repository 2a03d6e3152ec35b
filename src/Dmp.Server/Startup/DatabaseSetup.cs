using System.Globalization;
using Dmp.Migrator;
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

    private DatabaseSetup(ManagedPostgres? managed, string connectionString)
    {
        this.managed = managed;
        ConnectionString = connectionString;
    }

    /// <summary>Of the role that owns nothing.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts or finds the database. In the sandbox and for a private database it also brings the schema up to date.</summary>
    /// <exception cref="ManagedPostgresException">The private PostgreSQL does not start.</exception>
    /// <exception cref="StartupRefusedException">The schema is older than this server.</exception>
    public static async Task<DatabaseSetup> OpenAsync(
        DatabaseOptions options, string dataDirectory, bool isSandbox, ILoggerFactory loggers, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            var managed = await ManagedPostgres.StartAsync(
                new ManagedPostgresOptions { DataDirectory = dataDirectory, BinDirectory = options.BinDirectory, Durable = options.Durable },
                loggers,
                ct);
            try
            {
                MigrationRunner.Up(managed.OwnerConnectionString, cancellationToken: ct);
                return new DatabaseSetup(managed, managed.RuntimeConnectionString);
            }
            catch (Exception)
            {
                await managed.DisposeAsync();
                throw;
            }
        }

        if (SessionProbe.Fault(options.ConnectionString) is { } fault)
        {
            throw new StartupRefusedException($"{fault} (Dmp:Database:ConnectionString)");
        }

        RequireSettings(options);
        if (isSandbox && options.MigrationConnectionString is { Length: > 0 } owner)
        {
            MigrationRunner.Up(owner, cancellationToken: ct);
        }

        RequireSchema(options.ConnectionString);
        return new DatabaseSetup(null, options.ConnectionString);
    }

    /// <summary>The pool of this server, with the limits that keep a forgotten statement from holding others up.</summary>
    public NpgsqlDataSource CreateDataSource(DatabaseOptions options, ILoggerFactory loggers) =>
        new NpgsqlDataSourceBuilder(SettingsOf(ConnectionString, options).ConnectionString).UseLoggerFactory(loggers).Build();

    private static NpgsqlConnectionStringBuilder SettingsOf(string connectionString, DatabaseOptions options)
    {
        // The last one of two equal keys counts: a connection string may say otherwise, for a pool in front that keeps no statements.
        var settings = new NpgsqlConnectionStringBuilder(
            string.Create(CultureInfo.InvariantCulture, $"Max Auto Prepare={PreparedStatementsMax};{connectionString}"))
        {
            MaxPoolSize = options.ConnectionsMax,

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

    /// <summary>A pooler may drop the startup parameter with which the settings come, and say nothing.</summary>
    private static void RequireSettings(DatabaseOptions options)
    {
        var settings = SettingsOf(options.ConnectionString!, options);
        settings.Pooling = false;
        using var source = PlainSource.Of(settings.ConnectionString);
        using var command = source.CreateCommand(
            "select current_setting('jit') || ' ' || extract(epoch from current_setting('statement_timeout')::interval)::int");
        if (command.ExecuteScalar() is not string kept
            || kept != string.Create(CultureInfo.InvariantCulture, $"off {options.StatementTimeoutSeconds}"))
        {
            throw new StartupRefusedException(
                "The database does not get the settings of its connections (startup parameter options), because a pooler in front of it drops them; "
                + "connect directly, or give them to the role with: "
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"alter role {settings.Username} set jit = off, and set statement_timeout = '{options.StatementTimeoutSeconds}s', ")
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"lock_timeout = '{LockSecondsMax}s' and idle_in_transaction_session_timeout = '{IdleInTransactionSecondsMax}s' in the same way."));
        }
    }

    /// <summary>One connection beside the pool, which gives up by itself within the limit.</summary>
    public NpgsqlDataSource CreateHealthSource(TimeSpan limit)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString)
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
        settings.Options = $"{settings.Options} -c jit=off {HealthSql.WorkMemory}".Trim();
        return PlainSource.Of(settings.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        if (managed is not null)
        {
            await managed.DisposeAsync();
        }
    }

    private static void RequireSchema(string connectionString)
    {
        var status = MigrationRunner.Status(connectionString);
        if (status.Pending.Count > 0)
        {
            throw new StartupRefusedException(
                $"The database lacks {status.Pending.Count} migrations, the first is {status.Pending[0]}. Run the migrator "
                + "(dmp-migrator up) as the role that owns the schema, then start the server again.");
        }
    }
}
