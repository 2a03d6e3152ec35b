using System.Data;
using Dapper;
using Dmp.Server.Data;
using Dmp.Server.Notices;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>
/// While somebody keeps an old snapshot, as a dump does for hours, nothing that was deleted or changed since can be cleared away. What runs
/// at each commit must not read it again and again.
/// </summary>
public sealed class LongSnapshotTests(Platform platform)
{
    private const string Record = "00000000-0000-7000-8000-000000000001";

    private const string Updated = $"'RECORD_UPDATED', '{Record}'";

    private static readonly Dictionary<string, string> literals = new(StringComparer.Ordinal)
    {
        ["Source"] = "'changes'",
        ["RecordId"] = $"'{Record}'",
        ["Position"] = "1000000000",
        ["RecordKeyId"] = "null",
    };

    // What grows with commits has 60 pages more at the least; who comes first after other tests finds some pages that nobody cleaned.
    private const long PagesMore = 30;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_runs_at_each_commit_reads_no_more_after_many_commits()
    {
        var database = await platform.Databases.CreateAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(database));
        await using var dump = await OpenAsync(platform.Databases.AdminOf(database));
        await using var snapshot = await dump.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);
        await dump.QuerySingleAsync<long>("select count(*) from outbox");

        await CommitAsync(admin, 20);
        var before = await MeasureAsync(database);
        await CommitAsync(admin, 5000);
        var after = await MeasureAsync(database);

        AssertNoMore(before, after);
        Assert.Equal(5020L, await admin.QuerySingleAsync<long>("select last_position from change_head"));

        // The snapshot has kept them: were it not so, nothing would have been shown.
        Assert.True(await admin.QuerySingleAsync<long>("select pg_relation_size('outbox')") > 400_000);
    }

    [Fact]
    public async Task A_transaction_that_runs_for_long_makes_nobody_read_what_came_since()
    {
        var database = await platform.Databases.CreateAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(database));
        await using var late = await OpenAsync(platform.Databases.AdminOf(database));
        await using var open = await late.BeginTransactionAsync(Token);
        await late.ExecuteAsync($"insert into outbox (event_time, kind, record_id) values (now(), 'LATE', '{Record}')");

        await CommitAsync(admin, 20);
        var before = await MeasureAsync(database);
        await CommitAsync(admin, 5000);
        var after = await MeasureAsync(database);
        Assert.False(await admin.QuerySingleAsync<bool>("select dmp_outbox_waits()"));
        Assert.False(await admin.QuerySingleAsync<bool>($"select dmp_changed_since('{Record}', 1000000, null)"));
        await open.CommitAsync(Token);

        AssertNoMore(before, after);
        Assert.True(await admin.QuerySingleAsync<bool>("select dmp_outbox_waits()"));
        Assert.True(await admin.QuerySingleAsync<bool>($"select dmp_changed_since('{Record}', 1000000, null)"));
        Assert.Equal(1, await SequenceAsync(database));
        Assert.Equal("LATE", await admin.QuerySingleAsync<string>("select kind from change where position = 5021"));
        Assert.False(await admin.QuerySingleAsync<bool>("select dmp_outbox_waits()"));
    }

    [Fact]
    public async Task What_a_dump_held_and_what_comes_after_its_restore_are_told_once_each()
    {
        var database = await platform.Databases.CreateAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(database));
        await AddAsync(admin, "told");
        Assert.Equal(1, await SequenceAsync(database));
        await AddAsync(admin, "waiting");

        // As if the house where it was dumped had counted far more transactions.
        await admin.ExecuteAsync(
            """
            update outbox set commit_id = '8000000000500';
            update change_pass set snapshot = '8000000000400:8000000000410:8000000000405', cluster = 1;
            """);
        Assert.True(await admin.QuerySingleAsync<bool>("select dmp_outbox_waits()"));
        await AddAsync(admin, "new");
        Assert.True(await admin.QuerySingleAsync<bool>($"select dmp_changed_since('{Record}', 1, null)"));

        Assert.Equal(2, await SequenceAsync(database));
        Assert.Equal(0, await SequenceAsync(database));
        await AddAsync(admin, "newer");
        Assert.Equal(1, await SequenceAsync(database));
        Assert.Equal(["told", "waiting", "new", "newer"], await admin.QueryAsync<string>("select kind from change order by position"));
        Assert.Equal(0, await admin.QuerySingleAsync<long>("select count(*) from outbox"));
    }

    [Fact]
    public async Task Steps_that_led_to_where_things_are_are_forgotten_and_the_last_one_stays()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var runtime = await OpenAsync(platform.Databases.RuntimeOf(server.Database));
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));
        for (var i = 0; i < 3; i++)
        {
            await AddAsync(admin, "RECORD_CLOSED");
            await SequenceAsync(server.Database);
        }

        await UntilAsync(admin, "select (select position from notice_cursor where source = 'changes') = 3");
        await runtime.ExecuteAsync("set role dmp_sweep");
        await ChangeSql.ForgetAsync(runtime, DateTimeOffset.UtcNow.AddDays(-1), Token);
        await NoticeSql.ForgetStepsAsync(runtime, Token);

        Assert.Equal(1, await admin.QuerySingleAsync<long>("select count(*) from change_pass"));
        Assert.Equal(1, await admin.QuerySingleAsync<long>("select count(*) from notice_step where source = 'changes'"));
        Assert.Equal(new ChangeHead(0, 3), await ChangeSql.HeadAsync(runtime, Token));
        Assert.Equal(3, await admin.QuerySingleAsync<long>("select position from notice_cursor where source = 'changes'"));
    }

    private static void AssertNoMore(Dictionary<string, long> before, Dictionary<string, long> after) => Assert.All(
        after,
        now => Assert.True(
            now.Value <= before[now.Key] + PagesMore, $"{now.Key}: {before[now.Key]} pages, and {now.Value} after 5000 commits."));

    /// <summary>Commits, each with its sequencing and a step of the notices.</summary>
    private static Task<int> CommitAsync(NpgsqlConnection admin, int count) => admin.ExecuteAsync(
        new CommandDefinition(
            $"""
            do $$
            begin
                for i in 1..{count} loop
                    insert into outbox (event_time, kind, record_id, subject_id) values (now(), {Updated}, gen_random_uuid());
                    commit;
                    perform dmp_sequence_changes();
                    commit;
                    insert into notice_step select 'changes', max(last_position) from change_pass on conflict do nothing;
                    commit;
                end loop;
            end
            $$
            """,
            commandTimeout: 300,
            cancellationToken: Token));

    private async Task<Dictionary<string, long>> MeasureAsync(string database)
    {
        await using var runtime = await OpenAsync(platform.Databases.RuntimeOf(database));
        await runtime.ExecuteAsync($"select set_config('dmp.record', '{Record}', false)");
        var statements = new Dictionary<string, (string Role, string Sql)>(StringComparer.Ordinal)
        {
            ["sequencing"] = ("dmp_sequencer", Buffers.Statement(typeof(ChangeSql), "Sequence")),
            ["head"] = ("dmp_runtime", Buffers.Statement(typeof(ChangeSql), "Head")),
            ["changed since"] = ("dmp_runtime", Buffers.Statement(typeof(ChangeSql), "Changed")),
            ["waits"] = ("dmp_feed", "select dmp_outbox_waits()"),
            ["subject"] = (
                "dmp_feed",
                $"select from outbox a where a.record_id = '{Record}' and a.subject_id = '{Record}' and a.event_time = now()"),
            ["claim"] = ("dmp_notices", Buffers.Statement(typeof(NoticeSql), "Claim")),
            ["cursor"] = ("dmp_notices", Buffers.Statement(typeof(NoticeSql), "Reached")),
        };
        var measured = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, (role, sql)) in statements)
        {
            await runtime.ExecuteAsync($"set role {role}");

            // The first time reads the catalogue too, and the next one when statistics were gathered in between.
            measured[name] = long.MaxValue;
            for (var i = 0; i < 4; i++)
            {
                measured[name] = Math.Min(measured[name], await Buffers.OfAsync(runtime, sql, literals));
            }
        }

        return measured;
    }

    private static Task<int> AddAsync(NpgsqlConnection connection, string kind) => connection.ExecuteAsync(
        $"insert into outbox (event_time, kind, record_id) values (now(), @Kind, '{Record}')", new { Kind = kind });

    private static Task UntilAsync(NpgsqlConnection connection, string condition) =>
        Waiting.UntilAsync(() => connection.QuerySingleAsync<bool>(condition), what: condition);

    private async Task<int> SequenceAsync(string database)
    {
        await using var connection = await OpenAsync(platform.Databases.RuntimeOf(database));
        return await ChangeSql.SequenceAsync(connection, Token);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string text)
    {
        var connection = new NpgsqlConnection(text);
        await connection.OpenAsync(Token);
        return connection;
    }
}
