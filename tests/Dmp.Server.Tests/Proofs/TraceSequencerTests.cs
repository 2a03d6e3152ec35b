using System.Diagnostics;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Every committed event gets a leaf, in the order of commit, below a signed checkpoint.</summary>
public sealed class TraceSequencerTests(Platform platform)
{
    private const string InsertOld =
        """
        insert into audit_event (event_id, event_time, method, actor_kind, document_ids, outcome, status_code, server_request_id)
        select gen_random_uuid(), now(), 'old', 7, array[]::uuid[], 1, 0, gen_random_uuid() from generate_series(1, {0})
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_are_in_the_log_within_seconds_and_the_root_is_that_of_their_leaves()
    {
        var record = await platform.RecordAsync();
        var checkpoint = await platform.Server.SettleAsync(platform);

        Assert.True(checkpoint.IsSignedBy(platform.Server.Verifiers()));
        Assert.Equal(TraceKeys.SandboxOrigin, checkpoint.Origin);
        var tree = new TreeBuilder();
        foreach (var hash in await platform.Server.ListAsync<byte[]>(
            platform, "select leaf_hash from audit_leaf where leaf_index < @Size order by leaf_index", new { checkpoint.Size }))
        {
            tree.Append(hash);
        }

        Assert.Equal(checkpoint.Root.ToArray(), tree.Root());
        Assert.Equal(
            0L,
            await platform.Server.QueryAsync<long>(
                platform,
                "select count(*) from audit_event e left join audit_leaf l using (event_id)\n"
                + $"where e.record_id = '{record.Id}' "
                + "and (l.leaf_hash is null or l.leaf_hash <> sha256('\\x00'::bytea || e.root) or l.xid <> e.xid)"));
    }

    [Fact]
    public async Task Numbers_of_checkpoints_go_on_from_those_that_had_none()
    {
        await using var server = await TestServer.StartAsync(platform);
        await server.AddSignedAsync(platform, 2);
        var numbered = await server.SettleAsync(platform);
        var keys = server.Services.GetRequiredService<TraceKeys>();
        foreach (var note in await server.ListAsync<string>(platform, "select note from audit_checkpoint"))
        {
            var old = Checkpoint.Parse(note);
            await server.ExecuteAsync(
                platform,
                "update audit_checkpoint set note = @Note where tree_size = @Size",
                new { Note = Checkpoint.Sign(old.Origin, old.Size, old.Root.Span, keys.Signers), old.Size });
        }

        await server.AddSignedAsync(platform, 1);
        var next = await server.SettleAsync(platform);

        Assert.Equal(numbered.Number + 1, next.Number);
        await using StringWriter output = new();
        Assert.Equal(0, await Dmp.Cli.DmpCommand.RunAsync(
            ["audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key", keys.Signers[0].Verifier.Text],
            output, output, Token));
        Assert.Contains(": verified.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_commits_late_comes_late_and_is_not_skipped()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var late = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await late.OpenAsync(Token);
        await using var transaction = await late.BeginTransactionAsync(Token);
        await using (var insert = new NpgsqlCommand(
            InsertOld.Replace("'old'", "'late'", StringComparison.Ordinal).Replace("{0}", "1", StringComparison.Ordinal), late))
        {
            await insert.ExecuteNonQueryAsync(Token);
        }

        // Younger transactions commit, and two checkpoints pass over the open one.
        for (var i = 1; i <= 2; i++)
        {
            await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "3", StringComparison.Ordinal));
            Assert.Equal(3 * i, (await server.SettleAsync(platform)).Size);
        }

        await transaction.CommitAsync(Token);

        Assert.Equal(7, (await server.SettleAsync(platform)).Size);
        Assert.Equal(
            6L, await server.QueryAsync<long>(
                platform, "select l.leaf_index from audit_leaf l join audit_event e using (event_id) where e.method = 'late'"));
        Assert.True(await server.QueryAsync<bool>(
            platform, "select (select xid from audit_leaf where leaf_index = 6) < (select min(xid) from audit_leaf where leaf_index < 6)"));
    }

    [Fact]
    public async Task Events_of_before_the_log_are_all_below_the_first_checkpoint()
    {
        var database = await platform.Databases.CreateAsync();
        await using (var admin = new NpgsqlConnection(platform.Databases.AdminOf(database)))
        {
            await admin.OpenAsync(Token);
            await using var fill = new NpgsqlCommand(
                "alter table audit_event alter column xid set default '0';"
                + InsertOld.Replace("{0}", "10500", StringComparison.Ordinal)
                + ";alter table audit_event alter column xid set default pg_current_xact_id()",
                admin);
            await fill.ExecuteNonQueryAsync(Token);
        }

        await using var server = await TestServer.StartAsync(platform, platform.Databases, database, []);

        Assert.Equal(10_500, (await server.SettleAsync(platform)).Size);
        Assert.Equal(10_500L, await server.QueryAsync<long>(platform, "select min(tree_size) from audit_checkpoint"));
        Assert.Equal(41L, await server.QueryAsync<long>(platform, "select count(*) from audit_node"));
        Assert.Equal(0, await server.Sequencer().RunAsync(Token));
    }

    [Fact]
    public async Task Several_servers_continue_one_log()
    {
        await using var server = await TestServer.StartAsync(platform);
        await using var beside = await server.StartBesideAsync(platform);
        for (var i = 0; i < 5; i++)
        {
            await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "20", StringComparison.Ordinal));
            await Task.WhenAll(server.Sequencer().RunAsync(Token), beside.Sequencer().RunAsync(Token));
        }

        Assert.Equal(100, (await server.SettleAsync(platform)).Size);
        Assert.Equal(99L, await server.QueryAsync<long>(platform, "select max(leaf_index) from audit_leaf"));
        Assert.Null(server.Sequencer().Refusal ?? beside.Sequencer().Refusal);
    }

    [Fact]
    public async Task A_copy_in_a_cluster_that_counts_transactions_anew_is_continued()
    {
        await using var server = await TestServer.StartAsync(platform);
        await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "3", StringComparison.Ordinal));
        await server.SettleAsync(platform);
        await server.ExecuteAsync(
            platform,
            "update audit_checkpoint set horizon = '9000000000000';update audit_event set xid = '8000000000000'; update audit_leaf "
            + "set xid = '8000000000000';");

        await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "2", StringComparison.Ordinal));

        Assert.Equal(5, (await server.SettleAsync(platform)).Size);
    }

    [Theory]
    [InlineData("set back", "delete from audit_checkpoint where tree_size > 3; delete from audit_leaf where leaf_index >= 3")]
    [InlineData("rewritten", "update audit_leaf set leaf_hash = sha256('other') where leaf_index = 1; delete from audit_checkpoint")]
    [InlineData("rewritten below the checkpoint", "update audit_leaf set leaf_hash = sha256('other') where leaf_index = 1")]
    [InlineData("emptied", "truncate audit_checkpoint, audit_leaf")]
    public async Task A_log_that_was(string what, string sql)
    {
        await using var server = await TestServer.StartAsync(platform);
        await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "3", StringComparison.Ordinal));
        await server.SettleAsync(platform);
        await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "2", StringComparison.Ordinal));
        var kept = await server.SettleAsync(platform);

        // After this the server has certainly remembered what it signed.
        await server.Sequencer().RunAsync(Token);

        // As an administrator would: in one go.
        await server.ExecuteAsync(platform, $"begin;{sql};commit");
        await server.Sequencer().RunAsync(Token);
        await server.ExecuteAsync(platform, InsertOld.Replace("{0}", "1", StringComparison.Ordinal));

        // At the latest when the next state would be signed, and it is not.
        var begin = Stopwatch.GetTimestamp();
        while (server.Sequencer().Refusal is null && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(20))
        {
            await server.Sequencer().RunAsync(Token);
        }

        Assert.True(server.Sequencer().Refusal is not null, what);
        Assert.Equal(0L, await server.QueryAsync<long>(platform, $"select count(*) from audit_checkpoint where tree_size > {kept.Size}"));
        var health = await server.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        Assert.Equal(HealthStatus.Degraded, health.Entries["trace"].Status);
        Assert.Equal(HealthStatus.Healthy, health.Entries["storage"].Status);
    }

    [Fact]
    public void A_server_without_a_key_does_not_start_outside_of_the_sandbox()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"dmp-keys-{Guid.NewGuid():N}");
        var refusal = Assert.Throws<StartupRefusedException>(() => TraceKeys.Require(directory, null, mayCreate: false, isSandbox: false));
        Assert.Contains("dmp audit key new", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory));
    }
}
