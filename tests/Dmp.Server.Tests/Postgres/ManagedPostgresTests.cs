using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Dmp.Server.Postgres;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Postgres;

[SupportedOSPlatform("linux")]
public sealed class ManagedPostgresTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restart_keeps_data_and_passwords()
    {
        using var directory = new TemporaryDataDirectory();
        string connection;
        await using (var first = await StartAsync(directory))
        {
            connection = first.OwnerConnectionString;
            await Sql.RunAsync(connection, "create table kept as select 42 as answer", Token);
        }

        Assert.False(File.Exists(Path.Combine(directory.Cluster, "postmaster.pid")));
        await using var second = await StartAsync(directory);
        Assert.Equal(connection, second.OwnerConnectionString);
        Assert.Equal(42, await Sql.RunAsync(connection, "select answer from kept", Token));
    }

    [Fact]
    public async Task A_killed_PostgreSQL_comes_back_with_what_was_committed()
    {
        using var directory = new TemporaryDataDirectory();
        await using var postgres = await StartAsync(directory, durable: true);
        await Sql.RunAsync(postgres.OwnerConnectionString, "create table kept as select 42 as answer", Token);

        // A backend that computes does not see its postmaster die and keeps the shared memory, so the first attempts of
        // the supervisor are refused.
        var busy = Sql.RunAsync(
            postgres.OwnerConnectionString,
            "do $$ declare begun timestamptz = clock_timestamp(); begin while clock_timestamp() < begun + interval '2 s' loop end "
            + "loop; end $$",
            Token);
        await Waiting.UntilAsync(async () => (bool)(await Sql.RunAsync(
            postgres.OwnerConnectionString,
            "select exists (select from pg_stat_activity where state = 'active' and query like 'do %')",
            Token))!);
        var killed = Pid(directory);
        Kill(killed);

        Assert.Equal(42, await UntilItAnswersAsync(postgres.OwnerConnectionString, "select answer from kept"));
        Assert.NotEqual(killed, Pid(directory));
        await busy.ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);

        // And once more: the supervisor watches the one it started, too.
        Kill(Pid(directory));
        Assert.Equal(42, await UntilItAnswersAsync(postgres.OwnerConnectionString, "select answer from kept"));
    }

    [Fact]
    public async Task A_second_server_on_the_same_directory_is_refused_and_disturbs_nothing()
    {
        using var directory = new TemporaryDataDirectory();
        await using var first = await StartAsync(directory);
        var refusal = await Assert.ThrowsAsync<ManagedPostgresException>(() => StartAsync(directory));
        Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Sql.RunAsync(first.RuntimeConnectionString, "select 1", Token));
    }

    [Fact]
    public async Task The_directory_of_a_killed_server_is_free_again()
    {
        using var directory = new TemporaryDataDirectory();
        Directory.CreateDirectory(directory.Home);
        var lockFile = Path.Combine(directory.Home, "server.lock");
        using var other = Process.Start("flock", ["--no-fork", lockFile, "sleep", "60"]);
        await Waiting.UntilAsync(() => Task.Run(() => ExitCode("flock", "--nonblock", lockFile, "true") != 0, Token));

        await Assert.ThrowsAsync<ManagedPostgresException>(() => StartAsync(directory));
        other.Kill();
        await other.WaitForExitAsync(Token);
        await using var postgres = await StartAsync(directory);
        Assert.Equal(1, await Sql.RunAsync(postgres.RuntimeConnectionString, "select 1", Token));
    }

    [Fact]
    public async Task A_running_PostgreSQL_without_a_server_is_taken_over_and_supervised()
    {
        using var directory = new TemporaryDataDirectory();
        var first = await StartAsync(directory);
        var pid = Pid(directory);
        await first.DetachAsync();
        await Sql.RunAsync(first.OwnerConnectionString, "create table kept as select 42 as answer", Token);

        await using var second = await StartAsync(directory);
        Assert.Equal(pid, Pid(directory));
        Assert.Equal(42, await Sql.RunAsync(second.OwnerConnectionString, "select answer from kept", Token));

        Kill(pid);
        Assert.Equal(42, await UntilItAnswersAsync(second.OwnerConnectionString, "select answer from kept"));
    }

    [Fact]
    public async Task A_start_after_both_were_killed_recovers()
    {
        using var directory = new TemporaryDataDirectory();
        var first = await StartAsync(directory, durable: true);
        await Sql.RunAsync(first.OwnerConnectionString, "create table kept as select 42 as answer", Token);
        await first.DetachAsync();
        Kill(Pid(directory));

        await using var second = await StartAsync(directory, durable: true);
        Assert.Equal(42, await Sql.RunAsync(second.OwnerConnectionString, "select answer from kept", Token));
    }

    [Fact]
    public async Task The_pid_file_of_a_process_that_is_not_PostgreSQL_does_not_stop_the_start()
    {
        using var directory = new TemporaryDataDirectory();
        await using (await StartAsync(directory))
        {
        }

        // What a container restart leaves: the process id belongs to somebody else now, here to this test.
        await File.WriteAllTextAsync(
            Path.Combine(directory.Cluster, "postmaster.pid"),
            $"{Environment.ProcessId}\n{directory.Cluster}\n1\n5432\n/gone\n\n\nready   \n",
            Token);
        await using var second = await StartAsync(directory);
        Assert.Equal(1, await Sql.RunAsync(second.RuntimeConnectionString, "select 1", Token));
    }

    [Fact]
    public async Task An_initdb_killed_half_way_is_done_again()
    {
        using var directory = new TemporaryDataDirectory();
        var halfMade = Path.Combine(directory.Home, "data.initdb");
        using (var killed = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            var starting = ManagedPostgres.StartAsync(Options(directory), NullLoggerFactory.Instance, killed.Token);
            await Waiting.UntilAsync(() => File.Exists(Path.Combine(halfMade, "PG_VERSION")));
            await killed.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        }

        Assert.True(Directory.Exists(halfMade));
        Assert.False(Directory.Exists(directory.Cluster));
        await using var postgres = await StartAsync(directory);
        Assert.False(Directory.Exists(halfMade));
        Assert.Equal(1, await Sql.RunAsync(postgres.RuntimeConnectionString, "select 1", Token));
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_falls_back_to_loopback()
    {
        using var directory = new TemporaryDataDirectory("-" + new string('x', 80));
        await using var postgres = await StartAsync(directory);
        var settings = new NpgsqlConnectionStringBuilder(postgres.RuntimeConnectionString);
        Assert.Equal("127.0.0.1", settings.Host);
        Assert.Equal(1, await Sql.RunAsync(postgres.RuntimeConnectionString, "select 1", Token));

        Kill(Pid(directory));
        Assert.Equal(1, await UntilItAnswersAsync(postgres.RuntimeConnectionString, "select 1"));
    }

    internal static ManagedPostgresOptions Options(TemporaryDataDirectory directory, bool durable = false) =>
        new() { DataDirectory = directory.Path, Durable = durable };

    private static Task<ManagedPostgres> StartAsync(TemporaryDataDirectory directory, bool durable = false) =>
        ManagedPostgres.StartAsync(Options(directory, durable), NullLoggerFactory.Instance, Token);

    private static int Pid(TemporaryDataDirectory directory) => int.Parse(
        File.ReadLines(Path.Combine(directory.Cluster, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        Assert.Equal("postgres", process.ProcessName);
        process.Kill();
    }

    private static int ExitCode(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static async Task<object?> UntilItAnswersAsync(string connectionString, string statement)
    {
        object? answer = null;
        await Waiting.UntilAsync(async () =>
        {
            try
            {
                answer = await Sql.RunAsync(connectionString, statement, Token);
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
        return answer;
    }
}
