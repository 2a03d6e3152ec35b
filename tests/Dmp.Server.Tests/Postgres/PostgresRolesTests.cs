using System.Runtime.Versioning;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Postgres;

[Collection(PostgresGroup.Name)]
[SupportedOSPlatform("linux")]
public sealed class PostgresRolesTests(PostgresFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_role_connects_to_its_database()
    {
        Assert.Equal("postgres@postgres", await WhoAsync(fixture.Postgres.AdminConnectionString));
        Assert.Equal("dmp_owner@dmp", await WhoAsync(fixture.Postgres.OwnerConnectionString));
        Assert.Equal("dmp_app@dmp", await WhoAsync(fixture.Postgres.RuntimeConnectionString));
    }

    [Fact]
    public async Task A_wrong_password_is_refused_on_the_private_socket_too()
    {
        var wrong = new NpgsqlConnectionStringBuilder(fixture.Postgres.AdminConnectionString) { Password = "wrong" };
        Assert.StartsWith("/", wrong.Host, StringComparison.Ordinal);
        Assert.Equal(PostgresErrorCodes.InvalidPassword, await RefusalAsync(wrong.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task Nothing_listens_on_the_network() =>
        Assert.Equal("", await Sql.RunAsync(fixture.Postgres.AdminConnectionString, "show listen_addresses", Token));

    [Theory]
    [InlineData("fsync", "on")]
    [InlineData("synchronous_commit", "on")]
    [InlineData("full_page_writes", "on")]
    [InlineData("data_checksums", "on")]
    [InlineData("jit", "off")]
    [InlineData("max_connections", "200")]
    [InlineData("server_encoding", "UTF8")]
    [InlineData("password_encryption", "scram-sha-256")]
    [InlineData("log_min_messages", "log")]
    public async Task Settings_are_the_durable_and_quiet_ones(string name, string expected) =>
        Assert.Equal(expected, await Sql.RunAsync(fixture.Postgres.RuntimeConnectionString, $"show {name}", Token));

    [Theory]
    [InlineData("create table mine (id int)")]
    [InlineData("create temporary table mine (id int)")]
    [InlineData("create schema mine")]
    [InlineData("create role mine")]
    [InlineData("create function mine() returns int language sql as 'select 1'")]
    [InlineData("alter table owned add column extra int")]
    [InlineData("drop table owned")]
    [InlineData("create index on owned (id)")]
    [InlineData("select * from owned")]
    [InlineData("select rolpassword from pg_catalog.pg_authid")]
    [InlineData("select pg_catalog.pg_read_file('PG_VERSION')")]
    [InlineData("set role dmp_owner")]
    public async Task The_runtime_role_has_no_DDL_and_no_way_around_it(string statement)
    {
        await Sql.RunAsync(fixture.Postgres.OwnerConnectionString, "create table if not exists owned (id int)", Token);
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            await RefusalAsync(fixture.Postgres.RuntimeConnectionString, statement));
    }

    [Fact]
    public async Task The_runtime_role_owns_nothing() =>
        Assert.Equal(0L, await Sql.RunAsync(
            fixture.Postgres.AdminConnectionString,
            "select count(*) from pg_shdepend where deptype = 'o' and refobjid = 'dmp_app'::regrole",
            Token));

    [Fact]
    public void PostgreSQL_does_not_run_as_root()
    {
        var pid = File.ReadLines(Path.Combine(fixture.DataDirectory.Cluster, "postmaster.pid")).First();
        var uids = File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        Assert.DoesNotContain("0", uids.Split('\t'));
    }

    [Fact]
    public void Only_the_owner_reads_secrets_cluster_and_socket()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var home = fixture.DataDirectory.Home;
        Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(home, "secrets.json")));
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(home, "data")));
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(home, "socket")));
        Assert.False(File.Exists(Path.Combine(home, "initdb.password")));
    }

    [Fact]
    public async Task A_refused_value_does_not_reach_the_log_of_PostgreSQL()
    {
        const string Value = "2 55 08 14 168 025 38";
        Assert.Equal(
            PostgresErrorCodes.InvalidTextRepresentation,
            await RefusalAsync(fixture.Postgres.OwnerConnectionString, $"select '{Value}'::int"));
        var log = Path.Combine(fixture.DataDirectory.Cluster, "log");
        var texts = await Task.WhenAll(Directory.GetFiles(log).Select(file => File.ReadAllTextAsync(file, Token)));
        Assert.Contains(texts, text => text.Contains("ready to accept connections", StringComparison.Ordinal));
        Assert.DoesNotContain(texts, text => text.Contains(Value, StringComparison.Ordinal));
    }

    private static async Task<string?> WhoAsync(string connectionString) =>
        (string?)await Sql.RunAsync(connectionString, "select current_user || '@' || current_database()", Token);

    private static async Task<string> RefusalAsync(string connectionString, string statement) =>
        (await Assert.ThrowsAsync<PostgresException>(() => Sql.RunAsync(connectionString, statement, Token))).SqlState;
}
