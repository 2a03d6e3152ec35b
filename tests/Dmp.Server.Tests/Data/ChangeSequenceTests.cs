using Dapper;
using Dmp.Server.Data;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Data;

/// <summary>
/// The order of changes, straight against the database: transactions that overlap in every way, and readers that come in between. No
/// server runs here, so that nobody else puts changes in order.
/// </summary>
public sealed class ChangeSequenceTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transaction_that_commits_late_comes_later_and_is_never_skipped()
    {
        var database = await platform.Databases.CreateAsync();
        await using var early = await OpenAsync(database);
        await using var late = await OpenAsync(database);
        await using var open = await late.BeginTransactionAsync(Token);
        await AddAsync(late, "late");
        await AddAsync(early, "early");

        Assert.Equal(1, await SequenceAsync(database));
        Assert.Equal(["1:early"], await ReadAsync(database));

        await open.CommitAsync(Token);
        Assert.Equal(1, await SequenceAsync(database));
        Assert.Equal(["1:early", "2:late"], await ReadAsync(database));
        Assert.Equal(0, await SequenceAsync(database));
    }

    [Fact]
    public async Task What_committed_together_stays_together_and_what_was_rolled_back_leaves_no_hole()
    {
        var database = await platform.Databases.CreateAsync();
        await using var one = await OpenAsync(database);
        await using var two = await OpenAsync(database);
        await using var gone = await OpenAsync(database);
        await using (var first = await one.BeginTransactionAsync(Token))
        await using (var second = await two.BeginTransactionAsync(Token))
        await using (var third = await gone.BeginTransactionAsync(Token))
        {
            await AddAsync(one, "a1");
            await AddAsync(two, "b1");
            await AddAsync(gone, "gone");
            await AddAsync(two, "b2");
            await AddAsync(one, "a2");
            await third.RollbackAsync(Token);
            await second.CommitAsync(Token);
            await first.CommitAsync(Token);
        }

        Assert.Equal(4, await SequenceAsync(database));
        Assert.Equal(["1:b1", "2:b2", "3:a1", "4:a2"], await ReadAsync(database));
        await using var admin = await OpenAsync(database);
        Assert.Equal(
            [2, 2, 4, 4], await admin.QueryAsync<long>("select commit_position from change order by position"));
    }

    [Fact]
    public async Task Many_writers_and_sequencers_at_once_give_one_order_without_holes_or_repeats()
    {
        const int Writers = 6;
        const int EachTransactions = 40;
        var database = await platform.Databases.CreateAsync();
        using var done = new CancellationTokenSource();
        var sequencers = Enumerable.Range(0, 2).Select(_ => Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await SequenceAsync(database);
                }
            },
            Token)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            async () =>
            {
                await using var connection = await OpenAsync(database);
                for (var i = 0; i < EachTransactions; i++)
                {
                    await using var transaction = await connection.BeginTransactionAsync(Token);
                    await AddAsync(connection, $"w{writer}-{i:d3}-a");
                    await AddAsync(connection, $"w{writer}-{i:d3}-b");
                    await transaction.CommitAsync(Token);
                }
            },
            Token)));
        await done.CancelAsync();
        await Task.WhenAll(sequencers);
        await SequenceAsync(database);

        var read = await ReadAsync(database);
        Assert.Equal(Enumerable.Range(1, Writers * EachTransactions * 2), read.Select(row => int.Parse(row.Split(':')[0], null)));
        var kinds = read.Select(row => row.Split(':')[1]).ToList();
        foreach (var writer in Enumerable.Range(0, Writers))
        {
            var own = kinds.Where(kind => kind.StartsWith($"w{writer}-", StringComparison.Ordinal)).ToList();
            Assert.Equal(own.Order(StringComparer.Ordinal), own);
        }

        // Both rows of a transaction stand side by side.
        Assert.All(kinds.Chunk(2), pair => Assert.Equal(pair[0][..^1], pair[1][..^1]));
    }

    [Fact]
    public async Task Positions_go_on_after_old_changes_were_forgotten()
    {
        var database = await platform.Databases.CreateAsync();
        await using var writer = await OpenAsync(database);
        await AddAsync(writer, "old");
        await SequenceAsync(database);
        await using var runtime = new NpgsqlConnection(platform.Databases.RuntimeOf(database));
        await runtime.OpenAsync(Token);
        await runtime.ExecuteAsync("set role dmp_sweep");
        await ChangeSql.ForgetAsync(runtime, DateTimeOffset.UtcNow.AddMinutes(1), Token);
        await AddAsync(writer, "new");
        await SequenceAsync(database);

        Assert.Equal(["2:new"], await ReadAsync(database));
        Assert.Equal(new ChangeHead(1, 2), await ChangeSql.HeadAsync(runtime, Token));
    }

    [Fact]
    public async Task The_server_role_reads_no_change_without_a_scope()
    {
        var database = await platform.Databases.CreateAsync();
        await using var writer = await OpenAsync(database);
        await AddAsync(writer, "one");
        await SequenceAsync(database);
        await AddAsync(writer, "two");
        await using var runtime = new NpgsqlConnection(platform.Databases.RuntimeOf(database));
        await runtime.OpenAsync(Token);

        await Assert.ThrowsAsync<PostgresException>(() => runtime.QuerySingleAsync<long>("select count(*) from change"));
        await Assert.ThrowsAsync<PostgresException>(() => runtime.QuerySingleAsync<long>("select count(*) from outbox"));
        await Assert.ThrowsAsync<PostgresException>(() => runtime.ExecuteAsync("update change set kind = 'x'"));
    }

    private static Task<int> AddAsync(NpgsqlConnection connection, string kind) =>
        connection.ExecuteAsync(
            "insert into outbox (event_time, kind, record_id) values (now(), @Kind, gen_random_uuid())", new { Kind = kind });

    private async Task<int> SequenceAsync(string database)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(database));
        await connection.OpenAsync(Token);
        return await ChangeSql.SequenceAsync(connection, Token);
    }

    private async Task<List<string>> ReadAsync(string database)
    {
        await using var connection = await OpenAsync(database);
        return [.. await connection.QueryAsync<string>("select position || ':' || kind from change order by position")];
    }

    private async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(platform.Databases.AdminOf(database));
        await connection.OpenAsync(Token);
        return connection;
    }
}
