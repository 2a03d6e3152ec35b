using DbUp;
using DbUp.Engine;
using Npgsql;

namespace Dmp.Migrator;

/// <summary>
/// Applies the embedded scripts: in order, each in its own transaction, once, forward only, under one advisory lock so that
/// several servers may start at the same moment.
/// </summary>
public static class MigrationRunner
{
    // "dmpmigra" in ASCII. A constant of this program; PostgreSQL keeps advisory locks apart per database.
    private const long LockKey = 0x646d706d69677261;

    /// <summary>Name of the newest script. A server needs a database that has it.</summary>
    public static string Latest { get; } = EmbeddedMigrations.All[^1].Name;

    /// <summary>Applies what is missing. A second run at the same time waits for the first and finds nothing to do.</summary>
    /// <exception cref="MigrationException">A script failed and was rolled back, or the history does not fit this program.</exception>
    public static MigrationResult Up(
        string connectionString, MigrationOptions? options = null, CancellationToken cancellationToken = default) =>
        Run(connectionString, EmbeddedMigrations.All, options ?? new MigrationOptions(), keep: true, cancellationToken);

    /// <summary>Runs what is missing in one transaction against the real database and rolls all of it back.</summary>
    /// <exception cref="MigrationException">A script failed, or the history does not fit this program.</exception>
    public static MigrationResult DryRun(
        string connectionString, MigrationOptions? options = null, CancellationToken cancellationToken = default) =>
        Run(connectionString, EmbeddedMigrations.All, options ?? new MigrationOptions(), keep: false, cancellationToken);

    /// <summary>Compares the database with the embedded scripts. Changes nothing and takes no lock.</summary>
    public static MigrationStatus Status(string connectionString) => Status(connectionString, EmbeddedMigrations.All);

    /// <summary>The same by a connection of a pool.</summary>
    public static MigrationStatus Status(NpgsqlDataSource source) => Compare(source, EmbeddedMigrations.All);

    internal static MigrationStatus Status(string connectionString, IReadOnlyList<Migration> migrations)
    {
        using var source = PlainSource.Of(Settings(connectionString, TimeSpan.Zero));
        return Compare(source, migrations);
    }

    internal static MigrationResult Run(
        string connectionString,
        IReadOnlyList<Migration> migrations,
        MigrationOptions options,
        bool keep,
        CancellationToken cancellationToken)
    {
        if (SessionProbe.Fault(connectionString) is { } fault)
        {
            throw new MigrationException(fault);
        }

        using var guard = TakeLock(connectionString, options.WaitForOthers, cancellationToken);
        using var source = PlainSource.Of(Settings(connectionString, options.LockTimeout));
        RefuseForeignHistory(Compare(source, migrations));

        var result = Engine(source, migrations, keep).PerformUpgrade();
        return result.Successful
            ? new MigrationResult { Applied = [.. result.Scripts.Select(script => script.Name)] }
            : throw Failure(result);
    }

    private static UpgradeEngine Engine(NpgsqlDataSource source, IReadOnlyList<Migration> migrations, bool keep)
    {
        var checksums = migrations.ToDictionary(migration => migration.Name, migration => migration.Checksum);
        var builder = DeployChanges.To
            .PostgresqlDatabase(new WholeScript(source))
            .WithScripts(migrations.Select(migration => new SqlScript(migration.Name, migration.Sql)))
            .WithScriptNameComparer(StringComparer.Ordinal)
            // DbUp's variables are written $name$, which is also how PostgreSQL writes a dollar quote.
            .WithVariablesDisabled()
            .LogToNowhere();
        builder.Configure(configuration => configuration.Journal = new MigrationJournal(
            () => configuration.ConnectionManager, () => configuration.Log, checksums));
        return (keep ? builder.WithTransactionPerScript() : builder.WithTransactionAlwaysRollback()).Build();
    }

    private static MigrationStatus Compare(NpgsqlDataSource source, IReadOnlyList<Migration> migrations)
    {
        var applied = ReadApplied(source);
        var known = migrations.ToDictionary(migration => migration.Name, migration => migration.Checksum);
        return new MigrationStatus
        {
            Applied = [.. applied.Select(row => row.Name)],
            Pending = [.. known.Keys.Except(applied.Select(row => row.Name)).Order(StringComparer.Ordinal)],
            Unknown = [.. applied.Where(row => !known.ContainsKey(row.Name)).Select(row => row.Name)],
            Changed = [.. applied
                .Where(row => known.TryGetValue(row.Name, out var checksum) && checksum != row.Checksum)
                .Select(row => row.Name)],
        };
    }

    private static List<(string Name, string Checksum)> ReadApplied(NpgsqlDataSource source)
    {
        using var connection = source.OpenConnection();
        using (var exists = new NpgsqlCommand(MigrationJournal.Exists, connection))
        {
            if (exists.ExecuteScalar() is not true)
            {
                return [];
            }
        }

        using var read = new NpgsqlCommand(MigrationJournal.ReadApplied, connection);
        using var reader = read.ExecuteReader();
        List<(string, string)> applied = [];
        while (reader.Read())
        {
            applied.Add((reader.GetString(0), reader.GetString(1)));
        }

        // PostgreSQL sorts by the collation of the database, this program by code point.
        applied.Sort((left, right) => string.CompareOrdinal(left.Item1, right.Item1));
        return applied;
    }

    private static void RefuseForeignHistory(MigrationStatus status)
    {
        if (status.Changed.Count > 0)
        {
            throw new MigrationException(
                $"Applied migrations never change, but these did: {string.Join(", ", status.Changed)}. "
                + "Restore their text and put the change into a new migration.");
        }

        // With a newer release's scripts in the database there is nothing left for this older program to add, unless
        // somebody gave a new script an old number. Either way the order of what was tested would be lost.
        if (status.Pending.Count > 0
            && status.Applied.Count > 0
            && string.CompareOrdinal(status.Pending[0], status.Applied[^1]) < 0)
        {
            throw new MigrationException(
                $"The migration {status.Pending[0]} comes before {status.Applied[^1]}, which is already applied. "
                + "Give it the next free number.");
        }
    }

    /// <summary>
    /// The lock lives as long as its own connection, so a migrator that is killed leaves nothing behind.
    /// </summary>
    private static NpgsqlConnection TakeLock(string connectionString, TimeSpan wait, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Settings(connectionString, wait));
        try
        {
            connection.Open();
            using var command = new NpgsqlCommand("select pg_advisory_lock(@key)", connection);
            command.Parameters.AddWithValue("key", LockKey);
            // Not by Command.Cancel, which does nothing when it comes before the statement does.
            command.ExecuteNonQueryAsync(cancellationToken).GetAwaiter().GetResult();
            return connection;
        }
        catch (PostgresException lockTimeout) when (lockTimeout.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            connection.Dispose();
            throw new MigrationException($"Another migrator has held the migration lock for {wait}.", lockTimeout);
        }
        catch (OperationCanceledException)
        {
            connection.Dispose();
            throw;
        }
        catch (Exception)
        {
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static string Settings(string connectionString, TimeSpan lockTimeout)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // A closed connection must end its session, with its locks and settings.
            Pooling = false,
            // lock_timeout is the limit that matters; a long statement on a large table is not a failure.
            CommandTimeout = 0,
            KeepAlive = 30,
        };
        settings.ApplicationName ??= "dmp-migrator";
        settings.Options = $"{settings.Options} -c jit=off -c lock_timeout={(long)lockTimeout.TotalMilliseconds}".Trim();
        return settings.ConnectionString;
    }

    private static MigrationException Failure(DatabaseUpgradeResult result)
    {
        var script = result.ErrorScript?.Name ?? "(journal)";
        var cause = result.Error is PostgresException postgres
            ? $"{postgres.SqlState} {postgres.MessageText}{(postgres.Hint is null ? "" : $" ({postgres.Hint})")}"
            : result.Error.Message;
        return new MigrationException($"The migration {script} failed and was rolled back: {cause}", result.Error);
    }
}
