using System.Runtime.Versioning;
using Dmp.Migrator;
using Dmp.Record.V1;
using Dmp.Server.Data;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Startup;

/// <summary>A real PgBouncer between server and database.</summary>
[SupportedOSPlatform("linux")]
public sealed class PoolerTests(Platform platform) : IAsyncDisposable
{
    private Pooler? pooler;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (pooler is not null)
        {
            await pooler.DisposeAsync();
        }
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
        var refusal = await RefusalAsync($"--Dmp:Database:ConnectionString={connection}");
        Assert.Contains("pool_mode transaction", refusal, StringComparison.Ordinal);
        Assert.Contains("Dmp:Database:SessionConnectionString", refusal, StringComparison.Ordinal);
        Assert.Contains(
            "pool_mode transaction",
            Assert.Throws<MigrationException>(() => MigrationRunner.Up(connection, cancellationToken: Token)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Fewer sessions than connections: each transaction gets the one that is free.</summary>
    [Fact]
    public async Task A_server_that_knows_a_way_past_it_works_behind_one_that_gives_each_transaction_another_session()
    {
        var database = await platform.Databases.CreateAsync();
        await GiveSettingsAsync(database);
        var connection = await StartAsync(database, "transaction", 4, 1);
        await using var server = await TestServer.StartAsync(
            platform,
            platform.Databases,
            database,
            [
                .. PastPooler(database),
                $"--Dmp:Database:ConnectionString={connection};Max Auto Prepare=0;Pooling=true;Application Name=pooled",
            ]);
        var physician = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));

        // What the one sees is nothing to the other, though they share sessions.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var patient = TestPatient.New();
            var api = new DmpApi(server.Channel, platform.Callers.Token(patient));
            var opened = await api.Records.OpenRecordAsync(Given.OpenRequest(patient), cancellationToken: Token);
            var owned = await api.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token);
            Assert.Equal(opened.Record.RecordId, Assert.Single(owned.Records).RecordId);
            Assert.Empty((await physician.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records);
        }));
        Assert.Equal("off", await server.Services.GetJitAsync(Token));

        // One session listens, past the pooler, and is woken by a change of another server.
        var listener = server.Services.GetRequiredService<ChangeListener>();
        await Waiting.UntilAsync(async () => await server.QueryAsync<long>(
            platform,
            $"select count(*) from pg_stat_activity where datname = '{database}' and query like 'listen %' "
            + "and application_name <> 'pooled'") == 1);
        var woken = listener.Changed.Next;
        await server.ExecuteAsync(platform, $"select pg_notify('{ChangeSql.Channel}', '')");
        await Waiting.UntilAsync(() => Task.FromResult(woken.IsCompleted));
    }

    [Fact]
    public async Task Statements_that_are_prepared_in_one_session_only_are_noticed()
    {
        var database = await platform.Databases.CreateAsync();
        await GiveSettingsAsync(database);
        var connection = await StartAsync(database, "transaction", 20, 0);
        var refusal = await RefusalAsync([.. PastPooler(database), $"--Dmp:Database:ConnectionString={connection}"]);
        Assert.Contains("Max Auto Prepare=0", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_of_one_session_is_told()
    {
        var database = await platform.Databases.CreateAsync();
        await GiveSettingsAsync(database);
        var connection = await StartAsync(database, "transaction", 1, 0);
        var refusal = await RefusalAsync([.. PastPooler(database), $"--Dmp:Database:ConnectionString={connection}"]);
        Assert.Contains("too few sessions", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_way_past_it_that_is_none_is_refused()
    {
        var database = await platform.Databases.CreateAsync();
        await GiveSettingsAsync(database);
        var connection = await StartAsync(database, "transaction", 20, 0) + ";Max Auto Prepare=0";
        Assert.Contains(
            "(Dmp:Database:SessionConnectionString)",
            await RefusalAsync($"--Dmp:Database:SessionConnectionString={connection}", $"--Dmp:Database:ConnectionString={connection}"),
            StringComparison.Ordinal);
        var other = await platform.Databases.CreateAsync();
        Assert.Contains(
            "lead to different databases",
            await RefusalAsync([.. PastPooler(other), $"--Dmp:Database:ConnectionString={connection}"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_that_drops_the_settings_is_refused_unless_the_role_has_them()
    {
        var database = await platform.Databases.CreateAsync();
        var connection = await StartAsync(database, "session", 50, 0);
        Assert.Contains(
            "startup parameter options", await RefusalAsync($"--Dmp:Database:ConnectionString={connection}"), StringComparison.Ordinal);

        await GiveSettingsAsync(database);
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
        Assert.Contains(
            "ignore_startup_parameters = options",
            await RefusalAsync($"--Dmp:Database:ConnectionString={connection}"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_the_server_compile_nothing()
    {
        await using var server = await TestServer.StartAsync(platform);
        Assert.Equal("off", await server.Services.GetJitAsync(Token));
    }

    private async Task<string> RefusalAsync(params string[] settings) =>
        (await Assert.ThrowsAsync<StartupRefusedException>(() => TestServer.StartAsync(platform, settings))).Message;

    private string[] PastPooler(string database) =>
        [$"--Dmp:Database:SessionConnectionString={platform.Databases.RuntimeOf(database)}"];

    private Task GiveSettingsAsync(string database) => Pooler.GiveSettingsAsync(platform.Databases, $"in database {database} ");

    /// <summary>Answers the connection string that leads through it.</summary>
    private async Task<string> StartAsync(
        string database, string mode, int poolSize, int roundRobin, string ignored = "options,extra_float_digits")
    {
        Assert.SkipWhen(Pooler.WhyNot is not null, Pooler.WhyNot ?? "");
        Assert.SkipWhen(platform.IsPooled, "All servers are behind a pooler already, and know the way past it.");
        pooler = await Pooler.StartAsync(platform.Databases, mode, poolSize, roundRobin, ignored);
        return pooler.Through(platform.Databases.RuntimeOf(database)) + ";Pooling=false";
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
