using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>A real PgBouncer in front of the databases of the tests.</summary>
internal sealed class Pooler : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-pooler-").FullName;
    private readonly int port = TestServer.FreePort();
    private Process? process;

    private Pooler()
    {
    }

    /// <summary>Why there can be none on this machine; null when there can.</summary>
    public static string? WhyNot =>
        !File.Exists(Program) ? "PgBouncer is not installed (package pgbouncer)."
        : !Environment.IsPrivilegedProcess ? "Started as another user, which only root can."
        : null;

    public static async Task<Pooler> StartAsync(
        TestDatabase databases, string mode, int poolSize, int roundRobin = 0, string ignored = "options,extra_float_digits")
    {
        Pooler pooler = new();
        var real = new NpgsqlConnectionStringBuilder(databases.RuntimeOf("any"));
        var configuration = Path.Combine(pooler.directory, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                * = host={real.Host} port={real.Port} user={real.Username} password={real.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {pooler.port}
                unix_socket_dir =
                auth_type = any
                pool_mode = {mode}
                default_pool_size = {poolSize}
                server_round_robin = {roundRobin}
                ignore_startup_parameters = {ignored}
                max_client_conn = 2000
                server_idle_timeout = 10
                """));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                pooler.directory, File.GetUnixFileMode(pooler.directory) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        // As who owns the socket of the private PostgreSQL.
        var process = Process.Start(
            new ProcessStartInfo(Program, ["-q", "-u", "postgres", configuration]) { RedirectStandardError = true })!;
        pooler.process = process;
        await Waiting.UntilAsync(() =>
        {
            Assert.False(process.HasExited, "PgBouncer does not start.");
            return TestServer.IsTakenAsync(pooler.port, CancellationToken.None);
        });
        return pooler;
    }

    /// <summary>A connection string that leads through it.</summary>
    /// <param name="direct">One that leads to the database itself.</param>
    public string Through(string direct) => new NpgsqlConnectionStringBuilder(direct)
    {
        Host = "127.0.0.1",
        Port = port,
        SslMode = SslMode.Disable,
    }.ConnectionString;

    /// <summary>The settings of the server's connections, given to its role: a pooler drops the startup parameter with them.</summary>
    /// <param name="databases">The cluster.</param>
    /// <param name="where">In which database: empty, or as <c>alter role</c> writes it.</param>
    public static async Task GiveSettingsAsync(TestDatabase databases, string where)
    {
        var role = new NpgsqlConnectionStringBuilder(databases.RuntimeOf("any")).Username;
        await using var source = NpgsqlDataSource.Create(databases.AdminOf("postgres"));
        foreach (var setting in new[]
        {
            "jit = off", "statement_timeout = '30s'", "lock_timeout = '15s'", "idle_in_transaction_session_timeout = '60s'",
        })
        {
            await using var command = source.CreateCommand($"alter role {role} {where}set {setting}");
            await command.ExecuteNonQueryAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }
}
