using Dapper;
using Dmp.Cli;
using Dmp.Error.V1;
using Dmp.Proofs;
using Dmp.Server.Audit;
using Dmp.Server.Options;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Whatever a superuser does to the trace or its log, <c>dmp audit verify</c> names it.</summary>
public sealed class TamperingTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_trace_that_nobody_touched_is_verified()
    {
        await using var server = await FilledAsync(600);
        var (code, output, error) = await VerifyAsync(server);
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith("checkpoints: verified.\n", output, StringComparison.Ordinal);
        Assert.StartsWith("604 events, 0 retired, 0 not in the log yet; 604 leaves, ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_column_that_is_changed_is_named_with_its_event()
    {
        await using var server = await FilledAsync();
        var columns = await server.ListAsync<string>(
            platform, "select column_name from information_schema.columns where table_name = 'audit_event' "
                + "and column_name not in ('event_id', 'document_sha256s')");
        Assert.Empty(columns.Except(Deeds.Changes.Select(change => change.Data.Item1)));
        var victim = (await server.ListAsync<Guid>(platform, $"select {Deeds.AnEvent}"))[0];
        foreach (var (column, value) in Deeds.Changes.Select(change => change.Data))
        {
            await WithAsync(server, $"update audit_event set {column} = {value} where event_id = {Deeds.AnEvent}", (output, exported) =>
            {
                Assert.True(
                    output.Contains($"the event {victim} (leaf 2)", StringComparison.Ordinal)
                        && output.Contains("1 FAULTS", StringComparison.Ordinal),
                    $"{column}: {output}");
                Assert.True(exported is null || exported.Contains($" {victim}: ", StringComparison.Ordinal), $"{column}: {exported}");
            });
        }
    }

    [Fact]
    public async Task What_is_done_to_events_leaves_nodes_and_checkpoints_is_named()
    {
        await using var server = await FilledAsync(600);
        await server.ExecuteAsync(platform, "alter table audit_leaf drop constraint audit_leaf_leaf_index_check");
        var victim = (await server.ListAsync<Guid>(platform, $"select {Deeds.AnEvent}"))[0];
        foreach (var (sql, expected) in Deeds.Told.Select(deed => deed.Data))
        {
            await WithAsync(server, sql, (output, _) => Assert.All(
                expected.Split('|'),
                part => Assert.Contains(
                    part.Replace("{victim}", $"{victim}", StringComparison.Ordinal), output, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_row_rewritten_with_its_leaf_is_not_that_of_the_checkpoint()
    {
        await using var server = await FilledAsync();
        var row = (await server.ListAsync<AuditEventRow>(
            platform, $"select {AuditSql.Columns}, {AuditSql.ProofColumns}, document_ids, document_versions, document_sha256s "
                + $"from audit_event e where event_id = {Deeds.AnEvent}"))[0];
        using var forger = NoteSigner.Generate(TraceKeys.SandboxOrigin);
        var forged = EventSignature.Sign(row with { ActorName = "Dr AUTRE" }, forger);
        await server.ExecuteAsync(
            platform,
            "update audit_event set actor_name = 'Dr AUTRE', root = @Root, signature = @Signature, signing_key = @SigningKey "
            + "where event_id = @EventId;\n"
            + "update audit_leaf set leaf_hash = sha256('\\x00'::bytea || @Root) where event_id = @EventId;",
            new { forged.Root, forged.Signature, forged.SigningKey, forged.EventId });

        var (code, output, _) = await VerifyAsync(server);

        Assert.Equal(1, code);
        Assert.Contains(
            $"inserted or re-signed: the signature is not good, or its key {forger.Verifier.KeyId} is not trusted: "
            + $"the event {row.EventId} (leaf 2)", output, StringComparison.Ordinal);
        Assert.Contains("reordered, changed or replaced: the leaves ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_set_back_as_a_whole_is_noticed_with_a_checkpoint_that_was_kept()
    {
        await using var server = await FilledAsync();
        var settled = await server.SettleAsync(platform);
        var file = Path.Combine(Path.GetTempPath(), $"dmp-kept-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, settled.Note, Token);
        try
        {
            Assert.Equal(0, (await VerifyAsync(server, "--checkpoint", file)).Code);
            await server.Sequencer().StopAsync(Token);
            const string Size = "(select max(tree_size) from audit_checkpoint)";
            await server.ExecuteAsync(
                platform,
                $"""
                delete from audit_checkpoint where tree_size > 2;
                delete from audit_event where event_id in (select event_id from audit_leaf where leaf_index >= {Size});
                delete from audit_leaf where leaf_index >= {Size};
                """);

            Assert.Equal(0, (await VerifyAsync(server)).Code);
            var (code, output, _) = await VerifyAsync(server, "--checkpoint", file);
            Assert.Equal(1, code);
            Assert.Contains(
                $"truncated: the checkpoint that was kept is of {settled.Size} leaves, and the log has ", output, StringComparison.Ordinal);

            // The server's own memory of it serves as well.
            var own = Path.Combine(server.Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeyDirectory, RollbackGuard.FileName);
            Assert.Equal(1, (await VerifyAsync(server, "--checkpoint", own)).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Without_keys_of_its_own_the_check_says_whose_word_it_takes()
    {
        await using var server = await FilledAsync();
        var own = await RunAsync("audit", "verify", "--connection", platform.Databases.AdminOf(server.Database));
        Assert.Equal(0, own.Code);
        Assert.Contains("whoever can change the trace can change them too", own.Error, StringComparison.Ordinal);

        using var foreign = NoteSigner.Generate(TraceKeys.SandboxOrigin);
        var other = await RunAsync(
            "audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key", foreign.Verifier.Text);
        Assert.Equal(1, other.Code);
        Assert.Contains("forged: the checkpoint of size 0 is not signed by a trusted key", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_counts_calls_is_signed_and_proven_with_its_number()
    {
        await using var server = await FilledAsync();
        for (var i = 0; i < 3; i++)
        {
            await Refusals.RefusedAsync(
                StatusCode.Unauthenticated, ErrorReason.TokenMissing, () => new DmpApi(server.Channel, null).SearchIdsAsync(Given.NewId()));
        }

        await server.Services.GetRequiredService<RefusedCalls>().WriteAsync(Token);
        await server.SettleAsync(platform);
        var counted = await server.ListAsync<long>(platform, "select call_count from audit_event where call_count is not null");
        Assert.Equal(3, Assert.Single(counted));
        Assert.Equal((0, 0), ((await VerifyAsync(server)).Code, (await VerifyExportAsync(server)).Code));

        await WithAsync(server, "update audit_event set call_count = 2 where call_count = 3", (output, exported) =>
        {
            Assert.Contains("1 FAULTS", output, StringComparison.Ordinal);
            Assert.Contains("1 FAULTS", exported, StringComparison.Ordinal);
        });
    }

    /// <summary>Some real calls, a page of calls more, and events of a server in the number wanted.</summary>
    private async Task<TestServer> FilledAsync(int more = 0)
    {
        var server = await TestServer.StartAsync(platform);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        await server.SettleAsync(platform);
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        await server.SettleAsync(platform);
        await api.UploadAsync(record);
        await api.SearchIdsAsync(record);
        await server.SettleAsync(platform);
        if (more > 0)
        {
            await server.AddSignedAsync(platform, more);
        }

        await server.SettleAsync(platform);
        await HorizonAsync(server);
        return server;
    }

    /// <summary>
    /// An event without a leaf is missing for sure once nothing runs that is older. Transactions of other tests count, too, so the last
    /// checkpoint is told when they are over.
    /// </summary>
    private async Task HorizonAsync(TestServer server)
    {
        await Waiting.UntilAsync(() => server.QueryAsync<bool>(
            platform, "select pg_snapshot_xmin(pg_current_snapshot()) > (select xid from audit_event order by xid desc limit 1)"));
        await server.ExecuteAsync(
            platform,
            """
            update audit_checkpoint set horizon = pg_snapshot_xmin(pg_current_snapshot())
            where tree_size = (select max(tree_size) from audit_checkpoint)
            """);
    }

    /// <summary>Tampers, verifies, and puts everything back as it was.</summary>
    private async Task WithAsync(TestServer server, string sql, Action<string, string?> assert)
    {
        await server.Sequencer().StopAsync(Token);
        await using var connection = await server.OpenAdminAsync(platform, Token);

        // In the order in which the notices read them: the other order waits for them and they for it. Kept once: after each deed of a test
        // they are again what they were.
        string[] tables = ["audit_leaf", "audit_node", "audit_checkpoint", "audit_event"];
        foreach (var table in tables)
        {
            await connection.ExecuteAsync($"create table if not exists kept_{table} as table {table}");
        }

        await connection.ExecuteAsync(sql);
        var (code, output, error) = await VerifyAsync(server);
        Assert.True(code == 1, $"{sql}: {output}{error}");
        var exported = Deeds.IsOutsideOfExports(sql) ? default : await VerifyExportAsync(server);
        Assert.True(exported.Output is null || exported.Code == 1, $"{sql}: {exported.Output}");
        assert(output, exported.Output);
        foreach (var table in tables)
        {
            await connection.ExecuteAsync($"delete from {table}; insert into {table} select * from kept_{table}");
        }
    }

    [Fact]
    public async Task A_month_that_was_retired_is_verified_as_such_and_only_with_its_event()
    {
        await using var server = await TestServer.StartAsync(platform);
        var key = server.Services.GetRequiredService<TraceKeys>().Signers[0];
        var month = new DateTime(DateTime.UtcNow.Year - 11, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        await server.ExecuteAsync(platform, $"select dmp_add_trace_month('{month:yyyy-MM-dd}')");
        await using (var connection = new NpgsqlConnection(platform.Databases.AdminOf(server.Database)))
        {
            await connection.OpenAsync(Token);
            for (var i = 0; i < 3; i++)
            {
                await AuditSql.AppendAsync(connection, EventSignature.Sign(TraceRows.New(month.AddDays(i)), key), Token);
            }
        }

        await server.SettleAsync(platform);
        Assert.Equal(0, (await VerifyAsync(server)).Code);
        var admin = platform.Databases.AdminOf(server.Database);
        var keys = server.Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeyDirectory;
        var refused = await RunAsync("trace", "retire", "--connection", admin);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("--keys", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (await RunAsync(
            "trace", "retire", "--connection", admin, "--keys", keys)) is var done ? (done.Code, done.Error) : default);

        // At once, and when its event is in the log.
        Assert.Contains(", 3 retired, ", (await VerifyAsync(server)).Output, StringComparison.Ordinal);
        await Waiting.UntilAsync(async () => (await server.ListAsync<long>(platform, "select count(*) from audit_leaf"))[0] >= 4);

        var (code, output, _) = await VerifyAsync(server);
        Assert.Equal(0, code);
        Assert.StartsWith("1 events, 3 retired, 0 not in the log yet; 4 leaves, ", output, StringComparison.Ordinal);
        await server.SettleAsync(platform);
        var exported = await VerifyExportAsync(server);
        Assert.Equal(0, exported.Code);
        Assert.StartsWith("1 events, 3 retired; 4 leaves from 0 on, ", exported.Output, StringComparison.Ordinal);

        await WithAsync(server, "update audit_event set justification = 'The retention of 2001-01 has ended.'", (told, exported) =>
        {
            Assert.Contains(
                $"missing: the month {month:yyyy-MM} was dropped with 3 events, and no event of the trace says so", told,
                StringComparison.Ordinal);
            Assert.Contains(
                $"EventMissing: The month {month:yyyy-MM} was dropped with 3 events, and no event of the trace says so", exported,
                StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_month_dropped_before_its_time_is_named_even_with_a_signed_event()
    {
        await using var server = await TestServer.StartAsync(platform);
        var key = server.Services.GetRequiredService<TraceKeys>().Signers[0];
        var month = DateTime.UtcNow.AddYears(-1);
        await server.ExecuteAsync(platform, $"select dmp_add_trace_month('{month:yyyy-MM}-01')");
        await using (var connection = new NpgsqlConnection(platform.Databases.AdminOf(server.Database)))
        {
            await connection.OpenAsync(Token);
            await AuditSql.AppendAsync(connection, EventSignature.Sign(TraceRows.New(month), key), Token);
            await server.SettleAsync(platform);
            var word = TraceRows.New() with { Method = "dmp trace retire", Justification = $"The retention of {month:yyyy-MM} has ended." };
            await AuditSql.AppendAsync(connection, EventSignature.Sign(word, key), Token);
            await server.SettleAsync(platform);
        }

        await server.ExecuteAsync(platform, $"drop table audit_event_{month:yyyyMM}");

        var (code, output, _) = await VerifyAsync(server);
        Assert.Equal(1, code);
        Assert.Contains(
            $"missing: the month {month:yyyy-MM} was dropped with 1 events before its retention ended", output, StringComparison.Ordinal);
        var exported = await VerifyExportAsync(server);
        Assert.Equal(1, exported.Code);
        Assert.Contains(
            $"EventMissing: The month {month:yyyy-MM} was dropped with 1 events before its retention ended", exported.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rotated_key_signs_what_is_new_and_both_are_needed_for_all()
    {
        await using var server = await FilledAsync();
        var keys = server.Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeyDirectory;
        var made = await RunAsync("audit", "key", "new", "--keys", keys);
        Assert.Equal(0, made.Code);
        var (newer, older) = (made.Output.TrimEnd(), server.Verifiers()[0].Text);
        Assert.Equal($"{newer}\n{older}\n", (await RunAsync("audit", "key", "list", "--keys", keys)).Output);

        await using var renewed = await server.StartBesideAsync(platform, $"--Dmp:Audit:KeyDirectory={keys}");
        var api = new DmpApi(renewed.Channel, platform.Callers.Token(TestProfessional.New()));
        await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token);
        await server.Sequencer().StopAsync(Token);
        await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token);
        var newest = await renewed.SettleAsync(platform);

        Assert.True(newest.IsSignedBy([NoteVerifier.Parse(newer)]) && newest.IsSignedBy([NoteVerifier.Parse(older)]));
        Assert.Equal(0, (await VerifyAsync(server, "--key", newer)).Code);
        var (code, output, _) = await VerifyAsync(server);
        Assert.Equal(1, code);
        Assert.Contains($"its key {NoteVerifier.Parse(newer).KeyId} is not trusted", output, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("audit", "key", "new", "--keys", keys, "--origin", "other.example/trace")).Code);
    }

    private Task<(int Code, string Output, string Error)> VerifyAsync(TestServer server, params string[] arguments) => RunAsync(
        [
            "audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key", server.Verifiers()[0].Text,
            .. arguments,
        ]);

    /// <summary>The same of an export: what it is refused for, or what its verification says.</summary>
    private async Task<(int Code, string Output)> VerifyExportAsync(TestServer server)
    {
        var path = Path.Combine(Path.GetTempPath(), $"dmp-log-{Guid.NewGuid():N}.jsonl");
        try
        {
            var made = await RunAsync(
                "audit", "export", path, "--with-internals", "--connection", platform.Databases.AdminOf(server.Database));
            var (code, output, _) = made.Code == 0 ? await RunAsync("audit", "verify", path, "--key", server.Verifiers()[0].Text) : made;
            return (code, output);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        await using StringWriter error = new() { NewLine = "\n" };
        var code = await DmpCommand.RunAsync(arguments, output, error, Token);
        return (code, output.ToString(), error.ToString());
    }
}
