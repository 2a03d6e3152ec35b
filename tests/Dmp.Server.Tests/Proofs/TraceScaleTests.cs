using System.Text;
using Dapper;
using Dmp.Server.Audit;
using Dmp.Server.Data;
using Dmp.Server.Notices;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>What the trace costs does not grow with what waits in it, with its months, or with the events of one record.</summary>
public sealed class TraceScaleTests(Platform platform)
{
    private const string Now = "pg_current_xact_id()";

    private const string Big = "00000000-0000-7000-8000-0000000000b1";

    private const string Documents = "document_ids, document_versions, document_sha256s";

    private const string EventId =
        "(lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' "
        + "|| left(md5(n::text), 15))::uuid";

    // The statistics of a table in use say little about one record among many, and nothing about what waits.
    private static readonly CompositeFormat fill = CompositeFormat.Parse(
        $$"""
        insert into audit_event (event_id, event_time, method, actor_kind, actor_id, record_id, {{Documents}},
            outcome, status_code, server_request_id, xid)
        select {{EventId}},
            t, 'old', 1, '81' || n % 100, case when {2} then '{{Big}}' else md5((n % 3000)::text)::uuid end,
            array[]::uuid[], array[]::integer[], array[]::bytea[], 1, 0, gen_random_uuid(), ({3})::text::xid8
        from (select n, now() - interval '1 day' * {1} - n * interval '1 ms' as t from generate_series(1, {0}) n) x
        """);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_of_the_sequencer_reads_no_more_when_ten_times_as_much_waits()
    {
        await using var server = await StoppedAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));
        await FillAsync(admin, 6_000, 0, "false", Now);
        await admin.ExecuteAsync("analyze audit_event");
        var few = await StepAsync(server, "0", 1000);
        await FillAsync(admin, 60_000, 1, "false", Now);
        var many = await StepAsync(server, "0", 1000);
        await admin.ExecuteAsync("analyze audit_event");
        var known = await StepAsync(server, "0", 1000);

        Assert.True(
            many <= few * 1.3 && known <= few * 1.3, $"{few} pages while 6,000 wait, {many} while 66,000 wait, {known} with statistics.");

        // And all of it is put into the log.
        await AllInLogAsync(server);
        Assert.Equal(
            66_000L, await server.QueryAsync<long>(
                platform, "select count(*) from audit_leaf l join audit_event e using (event_id) where e.method = 'old'"));
    }

    [Fact]
    public async Task A_restored_dump_is_continued_without_reading_what_is_in_the_log()
    {
        await using var server = await StoppedAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));
        await FillAsync(admin, 30_000, 0, "false", Now);
        await AllInLogAsync(server);
        var size = await server.QueryAsync<long>(platform, "select count(*) from audit_leaf");

        // As if the house where it was dumped had counted far more transactions. Three events had no leaf yet when it was; two came since.
        await admin.ExecuteAsync(
            """
            update audit_event set xid = '8000000000000';
            update audit_leaf set xid = '8000000000000';
            update audit_checkpoint set horizon = '8100000000000';
            """);
        await FillAsync(admin, 3, 1, "false", "8100000000000 + n");
        await FillAsync(admin, 2, 2, "false", Now);

        // A vacuum removes what the update left behind only when nobody reads as of before it; autovacuum may, to gather statistics.
        await Waiting.UntilAsync(async () =>
        {
            await admin.ExecuteAsync("vacuum audit_event");
            return await MeasureAsync(server, typeof(TraceLogSql), "ListWaiting", "dmp_sequencer", null, new()
            {
                ["AfterXids"] = "array['8100000000000', '0']",
                ["AfterEventIds"] = $"array['{Guid.Empty}', '{Guid.Empty}']::uuid[]",
                ["Untils"] = $"array['{ulong.MaxValue}', (select pg_current_xact_id()::text)]",
                ["Limit"] = "10000",
            }) < 150;
        });
        await using var other = await server.StartBesideAsync(platform);

        // The log is signed now and then, not with each leaf.
        await UntilAsync(server, $"select max(tree_size) >= {size + 5} from audit_checkpoint");
        await other.Sequencer().StopAsync(Token);

        Assert.Equal(0L, await server.QueryAsync<long>(
            platform, "select count(*) from audit_event e where e.method = 'old' and not exists (select from audit_leaf l "
                + "where l.event_id = e.event_id)"));
        Assert.Equal(0L, await server.QueryAsync<long>(platform, "select count(*) - count(distinct event_id) from audit_leaf"));
        Assert.True(await server.QueryAsync<bool>(
            platform, "select horizon <= pg_snapshot_xmax(pg_current_snapshot()) from audit_checkpoint order by tree_size desc limit 1"));
    }

    [Fact]
    public async Task Pages_of_a_record_with_many_events_and_notices_are_read_in_order_and_no_further()
    {
        await using var server = await StoppedAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));
        await FillAsync(admin, 20_000, 0, "false", Now);
        await admin.ExecuteAsync("analyze audit_event");
        await FillAsync(admin, 30_000, 1, "true", Now);
        await AllInLogAsync(server);
        await admin.ExecuteAsync(
            $$"""
            insert into record (
                record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code, state,
                create_time, update_time, revision, settings_update_time, settings_revision)
            values (
                '{{Big}}', '1.2.250.1.213.1.4.10', '248037511599154', 'EXEMPLE', '{JEANNE}', '1948-03-09', 2, '75115', 1,
                now(), now(), 1, now(), 1);
            insert into notice (notice_id, record_id, kind, event_time, create_time, secret, source, source_position)
            select gen_random_uuid(), '{{Big}}', 1, now(), now(), false, 'changes', n from generate_series(1, 30000) n
            """);

        foreach (var (sql, name) in new[]
        {
            (typeof(AuditSql), "List"), (typeof(ProvenEventSql), "ListPage"), (typeof(NoticeListSql), "List"),
        })
        {
            var pages = await MeasureAsync(server, sql, name, "dmp_request", "b1", new() { ["Limit"] = "51" });
            Assert.True(pages < 700, $"{sql.Name}.{name}: {pages} pages for 51 of 30,000.");
        }
    }

    [Fact]
    public async Task Times_choose_the_months_that_are_read()
    {
        await using var server = await StoppedAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));
        await admin.ExecuteAsync(
            "select dmp_add_trace_month((date_trunc('month', now()) - i * interval '1 month')::date) from generate_series(1, 24) i");
        for (var month = 0; month < 24; month++)
        {
            await FillAsync(admin, 500, month * 30, "n % 2 = 0", Now);
        }

        await AllInLogAsync(server);
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-301), DateTimeOffset.UtcNow.AddDays(-299));
        var (first, last) = EventIds.Between(from, to);
        Dictionary<string, string> between = new()
        {
            ["Limit"] = "51",
            ["TimeFrom"] = $"'{from:O}'",
            ["TimeTo"] = $"'{to:O}'",
            ["FirstId"] = $"'{first}'",
            ["LastId"] = $"'{last}'",
            ["ActorId"] = "'811'",
        };
        (System.Type, string, string)[] lists =
        [
            (typeof(AuditSql), "List", "dmp_request"),
            (typeof(AuditSql), "ListOfActor", "dmp_reviewer"),
            (typeof(ProvenEventSql), "ListPage", "dmp_request"),
        ];
        foreach (var (sql, name, role) in lists)
        {
            var pages = await MeasureAsync(server, sql, name, role, "b1", new(between));
            var whole = await MeasureAsync(
                server, sql, name, role, "b1", new(between)
                {
                    ["FirstId"] = $"'{Guid.Empty}'",
                    ["LastId"] = $"'{EventIds.Last}'",
                    ["TimeFrom"] = "null",
                    ["TimeTo"] = "null",
                    ["Limit"] = "100000"
                });
            Assert.True(pages * 4 < whole, $"{name}: {pages} pages for two days, {whole} for two years.");
        }

        // A look of every second at what is new reads one month, and the months that are to come.
        Assert.InRange(await StepAsync(server, $"{ulong.MaxValue - 1}", 1000, EventIds.Least(DateTimeOffset.UtcNow.AddDays(-1))), 1, 25);
    }

    [Fact]
    public async Task Leaves_of_several_parts_are_one_log()
    {
        await using var server = await StoppedAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(server.Database));

        // As wide as a test can fill, and a gap that is none: parts follow each other.
        await admin.ExecuteAsync(
            """
            drop table audit_leaf_000001;
            alter table audit_leaf detach partition audit_leaf_000000;
            alter table audit_leaf attach partition audit_leaf_000000 for values from (minvalue) to (300);
            create table audit_leaf_000001 (like audit_leaf including constraints, unique (event_id));
            alter table audit_leaf attach partition audit_leaf_000001 for values from (300) to (1000);
            create table audit_leaf_000002 (like audit_leaf including constraints, unique (event_id));
            alter table audit_leaf attach partition audit_leaf_000002 for values from (1000) to (maxvalue);
            """);
        await server.AddSignedAsync(platform, 1500);
        await UntilAsync(server, "select count(*) >= 1500 from audit_leaf", server.Sequencer());
        Assert.Equal(0, await server.Sequencer().RunAsync(Token));
        Assert.True(await server.QueryAsync<bool>(platform, "select count(*) > 400 from audit_leaf_000002"));

        await using StringWriter output = new();
        var keys = server.Verifiers()[0].Text;
        await UntilAsync(server, "select (select max(tree_size) from audit_checkpoint) >= 1500", server.Sequencer());
        Assert.True(
            await Dmp.Cli.DmpCommand.RunAsync(
                ["audit", "verify", "--connection", platform.Databases.AdminOf(server.Database), "--key", keys], output, output,
                Token) == 0,
            output.ToString());
    }

    [Fact]
    public async Task The_next_part_of_the_log_is_made_when_the_newest_is_used()
    {
        var database = await platform.Databases.CreateAsync();
        await using var admin = await OpenAsync(platform.Databases.AdminOf(database));
        await admin.ExecuteAsync("select dmp_add_trace_months(3)");
        Assert.Null(await admin.QuerySingleAsync<string?>("select to_regclass('audit_leaf_000002')::text"));
        await admin.ExecuteAsync("insert into audit_leaf values (1::bigint << 28, gen_random_uuid(), sha256('x'), '5')");
        await admin.ExecuteAsync("select dmp_add_trace_months(3)");
        Assert.Equal("audit_leaf_000002", await admin.QuerySingleAsync<string?>("select to_regclass('audit_leaf_000002')::text"));
    }

    /// <summary>A server whose log stands still, so that a test moves it.</summary>
    private async Task<TestServer> StoppedAsync()
    {
        var server = await TestServer.StartAsync(platform);
        await server.SettleAsync(platform);
        await server.Sequencer().StopAsync(Token);
        return server;
    }

    private static Task<int> FillAsync(NpgsqlConnection admin, int count, int daysAgo, string isBig, string xid) => admin.ExecuteAsync(
        new CommandDefinition(string.Format(null, fill, count, daysAgo, isBig, xid), commandTimeout: 300, cancellationToken: Token));

    private Task<long> StepAsync(TestServer server, string afterXid, int limit, Guid firstId = default) => MeasureAsync(
        server,
        typeof(TraceLogSql),
        "ListWaiting",
        "dmp_sequencer",
        null,
        new()
        {
            ["AfterXids"] = $"array['{afterXid}']",
            ["AfterEventIds"] = $"array['{Guid.Empty}']::uuid[]",
            ["Untils"] = $"array['{ulong.MaxValue}']",
            ["FirstId"] = $"'{firstId}'",
            ["Limit"] = $"{limit}",
        });

    /// <summary>As the server runs it: its role, its scope, its settings.</summary>
    private async Task<long> MeasureAsync(
        TestServer server, System.Type sql, string name, string role, string? record, Dictionary<string, string> literals)
    {
        await using var runtime = await OpenAsync(platform.Databases.RuntimeOf(server.Database));
        await using var transaction = await runtime.BeginTransactionAsync(Token);
        await runtime.ExecuteAsync(
            "select set_config('role', @role, true), set_config('dmp.record', @record, true), set_config('dmp.actors', '811', true)",
            new { role, record = record is null ? "" : Big });
        await runtime.ExecuteAsync(PlannerSql.InIndexOrder);
        foreach (var (key, value) in new[]
        {
            ("RecordId", $"'{Big}'::uuid"), ("IsOwner", "true"), ("IsRepresentative", "false"), ("Now", "now()"), ("OnlySubject", "null"),
            ("TimeFrom", "null"),
            ("TimeTo", "null"), ("FirstId", $"'{Guid.Empty}'"), ("LastId", $"'{EventIds.Last}'"), ("BeforeEventId", "null"),
            ("TreeSize", "1000000"),
            ("AfterEventId", $"'{Guid.Empty}'"), ("SeesSecret", "true"), ("BeforeId", "null"), ("Limit", "51"),

            // As the patient reads.
            ("Subject", "'patient'"), ("SeesAllDocuments", "false"), ("SeesRules", "true"), ("IsAuthorized", "false"),
            ("SeesMasked", "false"),
            ("IsStructure", "false"), ("SecretActsHiddenFromStaff", "false"),
            ("ProfessionalId", "null::text"), ("StructureId", "null::text"), ("Profession", "null::text"),
            ("ReadsDeleted", "false"),
        })
        {
            literals.TryAdd(key, value);
        }

        await Buffers.OfAsync(runtime, Buffers.Statement(sql, name), literals);
        return await Buffers.OfAsync(runtime, Buffers.Statement(sql, name), literals);
    }

    private Task UntilAsync(TestServer server, string condition, TraceSequencer? sequencer = null) => Waiting.UntilAsync(
        async () =>
        {
            _ = sequencer is null ? 0 : await sequencer.RunAsync(Token);
            return await server.QueryAsync<bool>(platform, condition);
        },
        what: condition);

    /// <summary>What was written while another test's transaction runs gets its leaf when that one has ended.</summary>
    private Task AllInLogAsync(TestServer server) => UntilAsync(
        server,
        "select not exists (select from audit_event e where e.method = 'old' and not exists (select from audit_leaf l "
        + "where l.event_id = e.event_id))",
        server.Sequencer());

    private static async Task<NpgsqlConnection> OpenAsync(string text)
    {
        var connection = new NpgsqlConnection(text);
        await connection.OpenAsync(Token);
        return connection;
    }
}
