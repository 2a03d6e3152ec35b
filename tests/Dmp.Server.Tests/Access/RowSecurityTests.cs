using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>The second wall: raw SQL as the server logs in, in each of the roles of its work.</summary>
public sealed class RowSecurityTests(Platform platform)
{
    private const string OtherDocument =
        """
        insert into document (document_id, record_id, current_version, masked, state, revision, create_time, update_time)
        values (gen_random_uuid(), '$other', 1, false, 1, 1, now(), now())
        """;

    /// <summary>Every table of which rows are somebody's. audit_event is read; its rows come from the calls themselves.</summary>
    private static readonly string[] tables =
    [
        "record", "consent", "block", "delegation", "visibility_rule", "emergency_access", "care_team", "care_team_member", "record_key",
        "wish", "trusted_person",
        "document", "submission_set", "document_version", "document_facts", "upload", "audit_event", "outbox", "change", "notice",
        "notice_delivery",
        "notice_preference", "notice_first_access", "notice_contact", "request_log", "feed_position",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables => new(tables);

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Whoever_logs_in_and_takes_no_role_reads_no_table(string table) => Assert.Null(await CountAsync(table, null));

    [Fact]
    public async Task Every_table_with_rows_of_somebody_is_looked_at() => Assert.Equal(
        tables.Append("master_key").Order(StringComparer.Ordinal),
        await platform.Server.ListAsync<string>(
            platform, "select relname::text from pg_class where relrowsecurity and relkind in ('r', 'p') order by relname collate \"C\""));

    [Fact]
    public async Task Each_table_has_one_policy_for_a_role_and_command() => Assert.Equal(
        [],
        await platform.Server.ListAsync<string>(
            platform,
            """
            select p.tablename || ' ' || r.role || ' ' || count(*)
            from pg_policies p
            cross join unnest(p.roles) as r (role)
            cross join unnest(case p.cmd when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] else array[p.cmd] end) c (cmd)
            group by p.tablename, r.role, c.cmd
            having count(*) > 1
            """));

    [Fact]
    public async Task What_decides_about_every_call_looks_up_nothing_in_a_policy() => Assert.Equal(
        [],
        await platform.Server.ListAsync<string>(
            platform,
            """
            select tablename || ' ' || policyname
            from pg_policies
            where roles && array['dmp_request', 'dmp_intake']::name[] and (qual ilike '%select%' or with_check ilike '%select%')
            """));

    [Fact]
    public async Task A_request_sees_the_rows_of_its_record_and_nothing_else()
    {
        var (one, _) = await TwoAsync();
        await ExpectAsync(
            "dmp_request",
            [("dmp.record", one.Id), ("dmp.caller", "nobody")],
            table => table switch
            {
                "care_team" or "care_team_member" => $"record_id is null or record_id = '{one.Id}'",
                "request_log" => "caller_key = 'nobody'",
                _ => $"record_id = '{one.Id}'",
            },
            unseen: ["outbox", "change", "notice_first_access", "notice_contact", "feed_position"]);
        Assert.Equal(0, await CountAsync("document", "dmp_request", ("dmp.record", Given.NewId())));
        Assert.Equal(0, await CountAsync("document", "dmp_request"));
    }

    [Fact]
    public async Task A_batch_sees_the_rows_of_its_records_that_a_decision_needs()
    {
        var (one, other) = await TwoAsync();
        var both = $"record_id in ('{one.Id}', '{other.Id}')";
        await ExpectAsync(
            "dmp_intake",
            [("dmp.records", $"{one.Id} {other.Id}"), ("dmp.caller", "nobody")],
            table => table switch
            {
                "care_team_member" => $"record_id is null or {both}",
                "request_log" => "caller_key = 'nobody'",
                _ => both,
            },
            unseen:
            [
                "care_team", "document_facts", "audit_event", "outbox", "change", "notice", "notice_delivery", "notice_preference",
                "wish", "trusted_person", "notice_first_access", "notice_contact", "feed_position",
            ]);
    }

    [Fact]
    public async Task A_list_of_an_actor_sees_the_records_of_its_authorisations()
    {
        var (one, _) = await TwoAsync();
        await ExpectAsync(
            "dmp_directory",
            [("dmp.actors", one.Physician.Id), ("dmp.ins", ""), ("dmp.caller", ""), ("dmp.code", "")],
            table => table switch
            {
                "record" or "consent" => $"record_id = '{one.Id}'",
                "care_team_member" => $"actor_id = '{one.Physician.Id}'",
                "notice_contact" => $"professional_id = '{one.Physician.Id}'",
                _ => "false",
            },
            unseen:
            [
                .. tables.Except(
                    ["record", "consent", "block", "delegation", "trusted_person", "care_team_member", "notice_contact", "request_log"]),
            ]);
    }

    [Fact]
    public async Task A_test_of_existence_sees_the_record_of_one_person()
    {
        var (one, _) = await TwoAsync();
        Assert.Equal(1, await CountAsync("record", "dmp_directory", ("dmp.ins", one.Patient.Ins.Number)));
        Assert.Equal(0, await CountAsync("consent", "dmp_directory", ("dmp.ins", one.Patient.Ins.Number)));
    }

    [Fact]
    public async Task A_structure_finds_its_own_deposits_and_no_others()
    {
        var (one, _) = await TwoAsync();
        await ExpectAsync(
            "dmp_deposits",
            [("dmp.actors", one.Physician.StructureId)],
            table => table is "record" or "document" or "document_version" ? $"record_id = '{one.Id}'" : "false",
            unseen: [.. tables.Except(["record", "document", "document_version", "block"])]);
    }

    [Fact]
    public async Task A_regulation_centre_sees_records_only_and_those_that_are_open_to_it()
    {
        var (one, other) = await TwoAsync();
        await platform.Server.ExecuteAsync(
            platform, $"update record set emergency_regulation_allowed = false where record_id = '{one.Id}'");
        Assert.Equal(0, await CountAsync($"record where record_id = '{one.Id}'", "dmp_regulation"));
        Assert.Equal(1, await CountAsync($"record where record_id = '{other.Id}'", "dmp_regulation"));
        foreach (var table in tables.Except(["record", "block"]))
        {
            Assert.Null(await CountAsync(table, "dmp_regulation"));
        }
    }

    [Fact]
    public async Task A_team_is_of_no_record_and_sees_where_teams_are_authorised()
    {
        var (one, _) = await TwoAsync();
        Assert.Equal(0, await CountAsync($"care_team where record_id = '{one.Id}'", "dmp_team"));
        Assert.Equal(0, await CountAsync("consent where care_team_id is null", "dmp_team"));
        foreach (var table in tables.Except(["care_team", "care_team_member", "consent", "request_log"]))
        {
            Assert.Null(await CountAsync(table, "dmp_team"));
        }
    }

    [Fact]
    public async Task The_feed_sees_all_changes_and_what_tells_whose_they_are()
    {
        var (one, other) = await TwoAsync();
        await ExpectAsync(
            "dmp_feed",
            [("dmp.record", one.Id), ("dmp.actors", ""), ("dmp.ins", ""), ("dmp.caller", "nobody")],
            table => table switch
            {
                "care_team_member" => $"record_id is null or record_id = '{one.Id}'",
                "request_log" or "feed_position" => "caller_key = 'nobody'",
                _ => $"record_id = '{one.Id}'",
            },
            unseen:
            [
                "emergency_access", "care_team", "record_key", "submission_set", "document_facts", "upload", "audit_event", "notice",
                "notice_delivery", "wish", "trusted_person",
                "notice_preference", "notice_first_access", "notice_contact",
            ],
            all: ["change", "outbox"]);
        Assert.Equal(2, await CountAsync($"change where record_id in ('{one.Id}', '{other.Id}') and kind = 'TEST'", "dmp_feed"));
        Assert.Equal(0, await CountAsync("document_version", "dmp_feed"));
    }

    [Fact]
    public async Task Notices_see_what_they_are_made_from()
    {
        var (one, _) = await TwoAsync();
        await ExpectAsync(
            "dmp_notices",
            [("dmp.record", one.Id), ("dmp.caller", "nobody")],
            table => table switch
            {
                "request_log" => "caller_key = 'nobody'",
                "notice_contact" => $"professional_id = '{one.Id}'",
                _ => $"record_id = '{one.Id}'",
            },
            unseen:
            [
                .. tables.Except(
                [
                    "record", "consent", "block", "document", "change", "audit_event", "notice", "notice_delivery", "notice_preference",
                    "notice_first_access", "notice_contact", "request_log",
                ]),
            ],
            all: ["change", "audit_event", "notice", "notice_delivery", "notice_first_access", "notice_contact"]);
    }

    [Theory]
    [InlineData(
        "dmp_sweep", "record consent delegation document document_version upload request_log change feed_position notice notice_delivery")]
    [InlineData("dmp_watch", "record consent care_team_member delegation document_version change")]
    [InlineData("dmp_facts", "document_version document_facts record_key")]
    [InlineData("dmp_sequencer", "outbox change audit_event")]
    [InlineData("dmp_reviewer", "emergency_access audit_event")]
    public async Task Work_on_all_records_sees_its_tables_and_no_others(string role, string seen)
    {
        foreach (var table in tables)
        {
            Assert.Equal(seen.Split(' ').Contains(table), await CountAsync(table, role) is not null);
        }
    }

    /// <summary>The queue is of all records; where content lies, and the keys, are of those of which documents are being read.</summary>
    [Fact]
    public async Task The_reading_of_facts_finds_the_content_of_the_records_it_names_and_of_no_others()
    {
        var (one, other) = await TwoAsync();
        foreach (var table in new[] { "document_version", "record_key" })
        {
            Assert.Equal(0, await CountAsync(table, "dmp_facts"));
            Assert.Equal(0, await CountAsync(table, "dmp_facts", ("dmp.record", one.Id)));
            Assert.Equal(1, await CountAsync(table, "dmp_facts", ("dmp.records", one.Id)));
            Assert.Equal(2, await CountAsync(table, "dmp_facts", ("dmp.records", $"{one.Id} {other.Id}")));
        }
    }

    [Fact]
    public async Task A_transaction_forgets_for_whom_it_was_when_it_ends()
    {
        var (one, _) = await TwoAsync();
        await using var connection = await OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await SetAsync(connection, "dmp_request", ("dmp.record", one.Id));
            Assert.Equal(1L, await ScalarAsync(connection, "select count(*) from record"));
            await transaction.CommitAsync(Token);
        }

        Assert.Equal("", await ScalarAsync(connection, "select current_setting('dmp.record')"));
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(connection, "select count(*) from record"))).SqlState);
    }

    [Theory]
    [InlineData("dmp_request", "dmp.record", OtherDocument)]
    [InlineData("dmp_intake", "dmp.records", OtherDocument)]
    [InlineData(
        "dmp_request",
        "dmp.record",
        "insert into care_team (care_team_id, name, create_time, created_by, revision) values (gen_random_uuid(), 'X', now(), '', 1)")]
    [InlineData(
        "dmp_request",
        "dmp.record",
        """
        insert into care_team_member (care_team_id, actor_kind, actor_id, actor_name, join_time)
        values (gen_random_uuid(), 1, 'x', 'X', now())
        """)]
    public async Task Nothing_is_written_for_another_record_or_for_none(string role, string setting, string sql)
    {
        var (one, other) = await TwoAsync();
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await SetAsync(connection, role, (setting, one.Id));
        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => ScalarAsync(connection, sql.Replace("$other", other.Id, StringComparison.Ordinal)));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        Assert.Contains("row-level security", refusal.MessageText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dmp_watch", "select metadata from document_version")]
    [InlineData("dmp_watch", "select birth_family_name from record")]
    [InlineData("dmp_watch", "select kind from change")]
    [InlineData("dmp_facts", "select depositor from document_version")]
    [InlineData("dmp_facts", "select words from document_facts")]
    [InlineData("dmp_facts", "select block from document_facts")]
    [InlineData("dmp_facts", "update document_facts set record_id = record_id")]
    [InlineData("dmp_sweep", "select metadata from document_version")]
    [InlineData("dmp_sweep", "select ins_number from record")]
    public async Task Work_on_all_records_sees_no_more_of_a_row_than_it_needs(string role, string sql)
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await SetAsync(connection, role);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(connection, sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    /// <summary>Two records with a row in each table.</summary>
    private async Task<(OpenedRecord One, OpenedRecord Other)> TwoAsync()
    {
        var (one, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        foreach (var record in new[] { one, other })
        {
            await platform.As(record.Physician).UploadAsync(record.Id);
            await platform.Server.ExecuteAsync(
                platform,
                $"""
                insert into block (block_id, record_id, actor_kind, actor_id, actor_name, blocked_by, block_time)
                values (gen_random_uuid(), '{record.Id}', 1, '{record.Id}', 'X', '', now());
                insert into delegation (
                    delegation_id, record_id, kind, delegate_name, invited_by, invited_by_subject, invited_by_patient, code_sha256,
                    code_expire_time, create_time, start_time)
                values (gen_random_uuid(), '{record.Id}', 1, 'X', '', 'x', true, sha256('{record.Id}'), now(), now(), now());
                insert into wish (wish_id, record_id, kind, content, record_key_id, stated_by, state_time)
                values (gen_random_uuid(), '{record.Id}', 1, '', gen_random_uuid(), '', now());
                insert into trusted_person (
                    trusted_person_id, record_id, content, record_key_id, code_sha256, code_expire_time, create_time)
                values (gen_random_uuid(), '{record.Id}', '', gen_random_uuid(), sha256('{record.Id}'), now(), now());
                insert into visibility_rule (visibility_rule_id, record_id, effect, type_code, profession, create_time, created_by)
                values (gen_random_uuid(), '{record.Id}', 1, 'x|y', 'x|z', now(), '');
                insert into emergency_access (
                    emergency_access_id, record_id, professional_id, actor, mode, reason, open_time, expire_time)
                values (gen_random_uuid(), '{record.Id}', 'X', '', 1, 'x', now(), now() + interval '1 hour');
                insert into care_team (care_team_id, record_id, name, create_time, created_by, revision)
                values ('{record.Id}', '{record.Id}', 'X', now(), '', 1);
                insert into care_team_member (care_team_id, record_id, actor_kind, actor_id, actor_name, join_time)
                values ('{record.Id}', '{record.Id}', 1, '{record.Id}', 'X', now());
                insert into submission_set (
                    submission_set_id, record_id, unique_id, depositor_kind, depositor_key, depositor, metadata, create_time)
                values (gen_random_uuid(), '{record.Id}', 'x', 1, 'x', '', '', now());
                insert into document_facts (record_id, document_id, version, state, size_bytes)
                select record_id, document_id, version, 4, size_bytes from document_version where record_id = '{record.Id}'
                on conflict do nothing;
                insert into upload (
                    upload_id, caller_key, request_id, record_id, content_id, start_time, heartbeat_time, intent, fingerprint, secret,
                    record_key_id)
                values (gen_random_uuid(), 'x', gen_random_uuid(), '{record.Id}', gen_random_uuid(), now(), now(), '', '', false,
                    gen_random_uuid());
                insert into change (
                    position, commit_position, sequence_time, event_time, kind, record_id, hidden_from_representatives)
                values (-1, -1, now(), now(), 'TEST', '{record.Id}', false);
                insert into notice (notice_id, record_id, kind, event_time, create_time, secret, source, source_position)
                values ('{record.Id}', '{record.Id}', 1, now(), now(), false, 'test', 1);
                insert into notice_delivery (notice_id, record_id, channel, target, state, next_attempt_time, give_up_time)
                values ('{record.Id}', '{record.Id}', 2, 'test', 4, now(), now());
                insert into notice_preference (record_id, email_off, webhook_off, update_time, revision)
                values ('{record.Id}', array[]::smallint[], array[]::smallint[], now(), 1) on conflict do nothing;
                insert into notice_first_access values ('{record.Id}', 'X', true);
                insert into notice_contact values ('{record.Id}', 'x@example.org', now())
                """);
        }

        return (one, other);
    }

    /// <summary>
    /// In its scope a role counts just the rows that the owner counts by the condition, in each table that it may read. Of those in
    /// <paramref name="all"/> it sees every row, and others write meanwhile: it counts by the condition too.
    /// </summary>
    private async Task ExpectAsync(
        string role, (string Name, string Value)[] settings, Func<string, string> condition, string[] unseen, string[]? all = null)
    {
        foreach (var table in tables)
        {
            var asked = all?.Contains(table) == true ? $"{table} where {condition(table)}" : table;
            var counted = await CountAsync(asked, role, settings);
            long? expected = unseen.Contains(table) ? null
                : await platform.Server.QueryAsync<long>(platform, $"select count(*) from {table} where {condition(table)}");
            Assert.True(expected == counted, $"{role} counts {counted} of {table}, not {expected}.");
        }
    }

    /// <summary>Null: the role may not read the table.</summary>
    private async Task<long?> CountAsync(string table, string? role, params (string Name, string Value)[] settings)
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        try
        {
            if (role is not null)
            {
                await SetAsync(connection, role, settings);
            }

            return (long?)await ScalarAsync(connection, $"select count(*) from {table}");
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return null;
        }
    }

    private static async Task SetAsync(NpgsqlConnection connection, string role, params (string Name, string Value)[] settings)
    {
        foreach (var (name, value) in settings.Append(("role", role)))
        {
            await using var set = new NpgsqlCommand("select set_config(@name, @value, true)", connection);
            set.Parameters.AddWithValue("name", name);
            set.Parameters.AddWithValue("value", value);
            await set.ExecuteNonQueryAsync(Token);
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        return connection;
    }
}
