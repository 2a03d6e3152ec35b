using System.Globalization;
using System.Runtime.Versioning;
using Dmp.Server.Postgres;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>A hot standby that streams from a private PostgreSQL of the tests.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Standby : IAsyncDisposable
{
    private readonly PostgresAccount account;
    private readonly PostgresBinaries binaries;
    private readonly string directory;
    private readonly int port = TestServer.FreePort();

    private Standby(PostgresAccount account, PostgresBinaries binaries, string directory)
    {
        this.account = account;
        this.binaries = binaries;
        this.directory = directory;
    }

    /// <param name="admin">A superuser of the primary.</param>
    /// <param name="files">The files of the primary.</param>
    /// <param name="directory">Where the standby may live, and nothing else.</param>
    public static async Task<Standby> StartAsync(string admin, ClusterFiles files, string directory)
    {
        // The private PostgreSQL of a server lets nobody replicate it.
        await File.AppendAllTextAsync(
            files.HostAccess, "local replication all scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n");
        await RunAsync(admin, "select pg_reload_conf()");

        var account = await PostgresAccount.ChooseAsync(files, CancellationToken.None);
        var binaries = await PostgresBinaries.FindAsync(null, null, CancellationToken.None);
        var standby = new Standby(account, binaries, directory);
        await account.CreateFolderAsync(directory, CancellationToken.None);
        var primary = new NpgsqlConnectionStringBuilder(admin);
        await standby.ProgramAsync(
            "pg_basebackup",
            $"--pgdata={standby.Data}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"--dbname=host={primary.Host} port={primary.Port} user={primary.Username} password={primary.Password}"),
            "--checkpoint=fast",
            "--wal-method=stream",
            "--write-recovery-conf");
        await standby.ProgramAsync(
            "pg_ctl",
            "start",
            "--wait",
            $"--pgdata={standby.Data}",
            $"--log={Path.Combine(directory, "log")}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"--options=-c port={standby.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c "
                + $"fsync=off"));
        return standby;
    }

    /// <summary>The same database and role, here.</summary>
    public string Of(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port, Pooling = false }.ConnectionString;

    public async ValueTask DisposeAsync() => await ProgramAsync("pg_ctl", "stop", "--mode=immediate", $"--pgdata={Data}");

    private string Data => Path.Combine(directory, "data");

    private async Task ProgramAsync(string program, params string[] arguments)
    {
        var answer = await account.RunAsync(Path.Combine(binaries.Folder, program), arguments, CancellationToken.None);
        Assert.True(answer.ExitCode == 0, $"{program}: {answer.Output}");
    }

    public static async Task<object?> RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
