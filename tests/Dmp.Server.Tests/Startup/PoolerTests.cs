using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Dmp.Migrator;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Startup;

/// <summary>A real PgBouncer between server and database.</summary>
[SupportedOSPlatform("linux")]
public sealed class PoolerTests(Platform platform) : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-pooler-").FullName;
    private Process? pooler;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (pooler is not null)
        {
            pooler.Kill();
            await pooler.WaitForExitAsync();
            pooler.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("transaction", 20, 0)]
    [InlineData("transaction", 1, 0)]
    [InlineData("transaction", 20, 1)]
    [InlineData("statement", 20, 0)]
    public async Task Another_session_for_each_transaction_is_noticed_and_refused_in_a_sentence(string mode, int poolSize, int roundRobin)
    {
        var database = await platform.Databases.CreateAsync();
        var connection = await StartAsync(database, mode, poolSize, roundRobin);

        // A pool that has seen some use: several sessions stand ready.
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Standby.RunAsync(connection, "select pg_sleep(0.2)::text")));
        var refusal = await Assert.ThrowsAsync<StartupRefusedException>(
            () => TestServer.StartAsync(platform, $"--Dmp:Database:ConnectionString={connection}"));
        Assert.Contains("pool_mode transaction", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(
            "pool_mode transaction",
            Assert.Throws<MigrationException>(() => MigrationRunner.Up(connection, cancellationToken: Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_that_drops_the_settings_is_refused_unless_the_role_has_them()
    {
        var database = await platform.Databases.CreateAsync();
        var connection = await StartAsync(database, "session", 50, 0);
        var refusal = await Assert.ThrowsAsync<StartupRefusedException>(
            () => TestServer.StartAsync(platform, $"--Dmp:Database:ConnectionString={connection}"));
        Assert.Contains("startup parameter options", refusal.Message, StringComparison.Ordinal);

        var role = new NpgsqlConnectionStringBuilder(connection).Username;
        foreach (var setting in new[]
        {
            "jit = off", "statement_timeout = '30s'", "lock_timeout = '15s'", "idle_in_transaction_session_timeout = '60s'",
        })
        {
            await Standby.RunAsync(platform.Databases.AdminOf("postgres"), $"alter role {role} in database {database} set {setting}");
        }

        await Standby.RunAsync(
            platform.Databases.AdminOf("postgres"),
            $"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{database}'");
        await using var server = await TestServer.StartAsync(platform, $"--Dmp:Database:ConnectionString={connection}");
    }

    [Theory]
    [InlineData("session")]
    [InlineData("transaction")]
    public async Task A_pooler_that_refuses_the_settings_is_told_by_what_to_set(string mode)
    {
        var database = await platform.Databases.CreateAsync();
        var connection = await StartAsync(database, mode, 20, 0, ignored: "extra_float_digits");
        var refusal = await Assert.ThrowsAsync<StartupRefusedException>(
            () => TestServer.StartAsync(platform, $"--Dmp:Database:ConnectionString={connection}"));
        Assert.Contains("ignore_startup_parameters = options", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_the_server_compile_nothing()
    {
        await using var server = await TestServer.StartAsync(platform);
        Assert.Equal("off", await server.Services.GetJitAsync(Token));
    }

    /// <summary>Answers the connection string that leads through it.</summary>
    private async Task<string> StartAsync(
        string database, string mode, int poolSize, int roundRobin, string ignored = "options,extra_float_digits")
    {
        Assert.SkipUnless(File.Exists(Program), "PgBouncer is not installed (package pgbouncer).");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Started as another user, which only root can.");
        var port = TestServer.FreePort();
        var real = new NpgsqlConnectionStringBuilder(platform.Databases.RuntimeOf(database));
        var configuration = Path.Combine(directory, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                {database} = host={real.Host} port={real.Port} dbname={database} user={real.Username} password={real.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = any
                pool_mode = {mode}
                default_pool_size = {poolSize}
                server_round_robin = {roundRobin}
                ignore_startup_parameters = {ignored}
                """),
            Token);
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        // As who owns the socket of the private PostgreSQL.
        pooler = Process.Start(new ProcessStartInfo(Program, ["-q", "-u", "postgres", configuration]) { RedirectStandardError = true })!;
        await Waiting.UntilAsync(() =>
        {
            Assert.False(pooler.HasExited, "PgBouncer does not start.");
            return TestServer.IsTakenAsync(port, Token);
        });

        return new NpgsqlConnectionStringBuilder(real.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = port,
            SslMode = SslMode.Disable,
            Pooling = false,
        }.ConnectionString;
    }
}

internal static class SessionSettings
{
    /// <summary>Of a connection of the server's own pool.</summary>
    public static Task<string?> GetJitAsync(this IServiceProvider services, CancellationToken ct) =>
        ((Dmp.Server.Data.Database)services.GetService(typeof(Dmp.Server.Data.Database))!).OnConnectionAsync(
            async connection =>
            {
                await using var command = new NpgsqlCommand("select current_setting('jit')", connection);
                return (string?)await command.ExecuteScalarAsync(ct);
            },
            ct);
}
