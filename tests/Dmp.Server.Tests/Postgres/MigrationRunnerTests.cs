using System.Runtime.Versioning;
using Dmp.Migrator;
using Dmp.Server.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Postgres;

[Collection(PostgresGroup.Name)]
[SupportedOSPlatform("linux")]
public sealed class MigrationRunnerTests(PostgresFixture fixture)
{
    private static readonly MigrationOptions limits = new();

    private static readonly Migration[] three =
    [
        new() { Name = "0001_create_first.sql", Sql = "create table first (id int); insert into first values (1)" },
        new()
        {
            Name = "0002_create_count.sql",
            Sql =
                """
                -- a comment; with a semicolon, and somebody's apostrophe
                create function count_first() returns bigint language plpgsql as $body$
                begin
                    -- $name$ is no variable;
                    return (select count(*) from first);
                end
                $body$;
                comment on function count_first() is 'it''s; $1 $$ @name :name';
                """,
        },
        new() { Name = "0003_create_third.sql", Sql = "create table third as select count_first() as amount from pg_sleep(0.3)" },
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_embedded_migrations_apply_once()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        var first = MigrationRunner.Up(connection, cancellationToken: Token);
        Assert.Equal("0001_create_roles.sql", first.Applied[0]);
        Assert.Equal(MigrationRunner.Latest, first.Applied[^1]);
        Assert.Empty(MigrationRunner.Up(connection, cancellationToken: Token).Applied);

        var status = MigrationRunner.Status(connection);
        Assert.Equal(first.Applied, status.Applied);
        Assert.Empty(status.Pending);
        Assert.Empty(status.Unknown);
        Assert.Empty(status.Changed);
    }

    [Fact]
    public async Task The_runtime_role_reads_the_journal_and_cannot_write_it()
    {
        MigrationRunner.Up(fixture.Postgres.OwnerConnectionString, cancellationToken: Token);
        var runtime = fixture.Postgres.RuntimeConnectionString;
        Assert.Equal(
            MigrationRunner.Latest, await Sql.RunAsync(runtime, "select max(name collate \"C\") from schema_migration", Token));
        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => Sql.RunAsync(runtime, "insert into schema_migration (name, checksum) values ('9999_x_y.sql', '')", Token));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    [Fact]
    public async Task A_cluster_that_never_saw_the_role_gets_it_with_the_journal()
    {
        using var directory = new TemporaryDataDirectory();
        await using var postgres = await ManagedPostgres.StartAsync(
            ManagedPostgresTests.Options(directory), NullLoggerFactory.Instance, Token);
        var admin = new NpgsqlConnectionStringBuilder(postgres.AdminConnectionString) { Database = "own", Pooling = false };
        foreach (var statement in new[] { "drop owned by dmp_runtime", "drop role dmp_runtime", "create database own" })
        {
            await Sql.RunAsync(postgres.AdminConnectionString, statement, Token);
        }

        MigrationRunner.Up(admin.ConnectionString, cancellationToken: Token);

        await Sql.RunAsync(admin.ConnectionString, "create role somebody login password 'own' in role dmp_runtime", Token);
        var runtime = new NpgsqlConnectionStringBuilder(admin.ConnectionString) { Username = "somebody", Password = "own" };
        Assert.Empty(MigrationRunner.Status(runtime.ConnectionString).Pending);
    }

    [Fact]
    public async Task Two_at_once_apply_each_migration_once()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        var results = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Task.Run(() => Up(connection, three), Token)));
        Assert.Equal([0, 0, 3], results.Select(result => result.Applied.Count).Order());
        Assert.Equal(1L, await Sql.RunAsync(connection, "select amount from third", Token));
    }

    [Fact]
    public async Task The_embedded_migrations_run_in_many_databases_of_one_cluster_at_once()
    {
        var connections = new List<string>();
        for (var index = 0; index < 3; index++)
        {
            connections.Add(await fixture.CreateDatabaseAsync(Token));
        }

        await Sql.RunAsync(fixture.Postgres.AdminConnectionString, "select 1", Token);
        var results = await Task.WhenAll(connections.Select(
            connection => Task.Run(() => MigrationRunner.Up(connection, cancellationToken: Token), Token)));
        Assert.All(results, result => Assert.Equal(MigrationRunner.Latest, result.Applied[^1]));
    }

    [Fact]
    public async Task Waiting_for_another_migrator_has_a_limit_and_can_be_cancelled()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        await using var other = new NpgsqlConnection(connection);
        await other.OpenAsync(Token);
        await using var take = new NpgsqlCommand("select pg_advisory_lock(x'646d706d69677261'::bigint)", other);
        await take.ExecuteNonQueryAsync(Token);

        var hurried = limits with { WaitForOthers = TimeSpan.FromMilliseconds(200) };
        var refusal = Assert.Throws<MigrationException>(
            () => MigrationRunner.Run(connection, three, hurried, keep: true, Token));
        Assert.Contains("Another migrator", refusal.Message, StringComparison.Ordinal);

        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        impatient.CancelAfter(TimeSpan.FromMilliseconds(200));
        Assert.ThrowsAny<OperationCanceledException>(
            () => MigrationRunner.Run(connection, three, limits, keep: true, impatient.Token));
        Assert.Empty(MigrationRunner.Status(connection, three).Applied);
    }

    [Fact]
    public async Task A_failing_migration_is_rolled_back_and_the_earlier_ones_stay()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        Migration[] broken = [.. three[..2], new() { Name = "0003_create_half.sql", Sql = "create table half (id int); select 1 / 0" }];
        var failure = Assert.Throws<MigrationException>(() => Up(connection, broken));
        Assert.Contains("0003_create_half.sql", failure.Message, StringComparison.Ordinal);
        Assert.Contains(PostgresErrorCodes.DivisionByZero, failure.Message, StringComparison.Ordinal);
        Assert.Equal(["0001_create_first.sql", "0002_create_count.sql"], MigrationRunner.Status(connection, broken).Applied);
        Assert.Equal(DBNull.Value, await Sql.RunAsync(connection, "select to_regclass('half')::text", Token));
    }

    [Fact]
    public async Task A_table_that_is_in_use_is_given_up_after_the_lock_timeout()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        Up(connection, three);
        await using var reader = new NpgsqlConnection(connection);
        await reader.OpenAsync(Token);
        await using var transaction = await reader.BeginTransactionAsync(Token);
        await using var read = new NpgsqlCommand("select * from first", reader);
        await read.ExecuteScalarAsync(Token);

        Migration[] four = [.. three, new() { Name = "0004_add_column.sql", Sql = "alter table first add column extra int" }];
        var failure = Assert.Throws<MigrationException>(() => MigrationRunner.Run(
            connection, four, limits with { LockTimeout = TimeSpan.FromMilliseconds(200) }, keep: true, Token));
        Assert.Contains(PostgresErrorCodes.LockNotAvailable, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_executes_everything_and_keeps_nothing()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        var result = MigrationRunner.Run(connection, three, limits, keep: false, Token);
        Assert.Equal(three.Select(migration => migration.Name), result.Applied);
        Assert.Equal(0L, await Sql.RunAsync(
            connection, "select count(*) from pg_class where relnamespace = 'public'::regnamespace", Token));
        Assert.Equal(3, MigrationRunner.Status(connection, three).Pending.Count);
        Assert.Equal(3, Up(connection, three).Applied.Count);
    }

    [Fact]
    public async Task A_changed_migration_is_refused()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        Up(connection, three);
        Migration[] changed = [three[0] with { Sql = three[0].Sql + " " }, .. three[1..]];
        Assert.Equal(["0001_create_first.sql"], MigrationRunner.Status(connection, changed).Changed);
        Assert.Contains(
            "0001_create_first.sql", Assert.Throws<MigrationException>(() => Up(connection, changed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_migration_with_an_old_number_is_refused_and_an_older_program_has_nothing_to_do()
    {
        var connection = await fixture.CreateDatabaseAsync(Token);
        Up(connection, [three[0], three[1], new() { Name = "0005_create_fifth.sql", Sql = "create table fifth ()" }]);
        Assert.Empty(Up(connection, three[..2]).Applied);
        Assert.Equal(["0005_create_fifth.sql"], MigrationRunner.Status(connection, three[..2]).Unknown);
        var refusal = Assert.Throws<MigrationException>(() => Up(connection, three));
        Assert.Contains("0003_create_third.sql comes before 0005_create_fifth.sql", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1_create_table.sql")]
    [InlineData("0001-create-table.sql")]
    [InlineData("0001_create.sql")]
    [InlineData("0002_create_other.sql")]
    public void A_name_that_leaves_the_order_open_is_refused(string name) =>
        Assert.Throws<MigrationException>(() => EmbeddedMigrations.Ordered(
            [new() { Name = name, Sql = "" }, new() { Name = "0002_create_table.sql", Sql = "" }]));

    private static MigrationResult Up(string connection, IReadOnlyList<Migration> migrations) =>
        MigrationRunner.Run(connection, migrations, limits, keep: true, Token);
}
