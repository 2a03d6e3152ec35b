using Dmp.Migrator;
using Dmp.Server.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// Databases for tests: the schema is made once, each test server gets a copy of it. They live in a private PostgreSQL, or,
/// with DMP_TEST_POSTGRES (connection string of a superuser), in that one, which is how other versions are tried.
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private const string Runtime = "dmp_test_runtime";
    private const string RuntimePassword = "only-for-tests";

    private readonly ManagedPostgres? managed;
    private readonly string admin;
    private readonly string template = $"dmp_template_{Guid.CreateVersion7():N}";
    private readonly SemaphoreSlim cloning = new(1, 1);
    private readonly List<string> databases = [];
    private readonly NpgsqlDataSource cluster;

    private TestDatabase(ManagedPostgres? managed, string admin)
    {
        this.managed = managed;
        this.admin = admin;
        cluster = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(admin) { Database = "postgres", Pooling = true, MaxPoolSize = 2 });
    }

    public static async Task<TestDatabase> StartAsync(string directory)
    {
        var external = Environment.GetEnvironmentVariable("DMP_TEST_POSTGRES");
        var managed = string.IsNullOrEmpty(external)
            ? await ManagedPostgres.StartAsync(
                new ManagedPostgresOptions { DataDirectory = directory, Durable = false }, NullLoggerFactory.Instance,
                CancellationToken.None)
            : null;
        var database = new TestDatabase(managed, managed?.AdminConnectionString ?? external!);
        if (managed is not null)
        {
            // Each of some hundred databases is visited within this time, by a process of its own.
            await database.ExecuteAsync("alter system set autovacuum_naptime = '30min'");
            await database.ExecuteAsync("select pg_reload_conf()");
        }

        await database.ExecuteAsync($"create database {database.template}");
        MigrationRunner.Up(database.AdminOf(database.template));
        await database.ExecuteAsync(
            $"""
            do $$
            begin
                if not exists (select from pg_roles where rolname = '{Runtime}') then
                    create role {Runtime} login password '{RuntimePassword}' in role dmp_runtime;
                end if;
            end
            $$
            """);
        return database;
    }

    /// <summary>A database with the schema and no rows. Returns its name.</summary>
    public async Task<string> CreateAsync()
    {
        // PostgreSQL copies a template only while nobody else does.
        await cloning.WaitAsync();
        try
        {
            var name = $"dmp_{Guid.CreateVersion7():N}";

            // Twice as quick as by the write-ahead log for a database this small.
            await ExecuteAsync($"create database {name} template {template} strategy file_copy");
            databases.Add(name);
            return name;
        }
        finally
        {
            cloning.Release();
        }
    }

    public string AdminOf(string name) =>
        new NpgsqlConnectionStringBuilder(admin) { Database = name, Pooling = false }.ConnectionString;

    /// <summary>As the server connects: a role that owns nothing.</summary>
    public string RuntimeOf(string name) =>
        new NpgsqlConnectionStringBuilder(admin) { Database = name, Username = Runtime, Password = RuntimePassword }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (managed is null)
        {
            foreach (var name in databases.Append(template))
            {
                await ExecuteAsync($"drop database if exists {name} with (force)");
            }
        }

        await cluster.DisposeAsync();
        if (managed is not null)
        {
            await managed.DisposeAsync();
        }

        cloning.Dispose();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = cluster.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
