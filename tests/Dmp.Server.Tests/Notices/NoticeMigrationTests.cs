using Dapper;
using Dmp.Migrator;
using Dmp.Server.Notices;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Notices;

/// <summary>A platform that was in use before there were notices.</summary>
public sealed class NoticeMigrationTests(Platform platform)
{
    private const string RecordId = "00000000-0000-7000-8000-000000000001";

    private const string Names = "birth_family_name, birth_given_names";

    private const string Outcome = "outcome, status_code, server_request_id";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happened_before_is_told_to_nobody_and_who_read_before_is_known()
    {
        var name = $"dmp_before_notices_{Guid.NewGuid():N}";
        await using var server = new NpgsqlConnection(platform.Databases.AdminOf("postgres"));
        await server.OpenAsync(Token);
        await server.ExecuteAsync($"create database {name}");
        try
        {
            var before = EmbeddedMigrations.All.TakeWhile(migration => string.CompareOrdinal(migration.Name, "0022") < 0).ToList();
            MigrationRunner.Run(platform.Databases.AdminOf(name), before, new MigrationOptions(), keep: true, Token);
            await using var database = new NpgsqlConnection(platform.Databases.AdminOf(name));
            await database.OpenAsync(Token);
            await database.ExecuteAsync(
                $$"""
                insert into record (
                    record_id, ins_system, ins_number, {{Names}}, birth_date, sex, birth_place_code, email, state,
                    create_time, update_time, revision, settings_update_time, settings_revision)
                values (
                    '{{RecordId}}', '1.2.250.1.213.1.4.10', '248037511599154', 'EXEMPLE', '{JEANNE}', '1948-03-09', 2, '75115',
                    'jeanne@patient.example', 1, now(), now(), 1, now(), 1);
                insert into outbox (event_time, kind, record_id) values (now(), 'CONSENT_GRANTED', '{{RecordId}}');
                insert into audit_event (
                    event_id, event_time, method, actor_kind, actor_id, record_id, document_ids, {{Outcome}}, basis)
                select gen_random_uuid(), now(), method, kind, actor, '{{RecordId}}', '{}', outcome, 0, gen_random_uuid(), basis
                from (values
                    ('dmp.document.v1.DocumentService/ReadDocument', 1, '8reader', 1, 4),
                    ('dmp.document.v1.DocumentService/SearchDocuments', 1, '8reader', 1, 4),
                    ('dmp.record.v1.RecordService/GetRecord', 1, '8early', 1, null),
                    ('dmp.document.v1.DocumentService/UploadDocument', 1, '8feeder', 1, 4),
                    ('dmp.document.v1.DocumentService/ReadDocument', 1, '8refused', 2, null),
                    ('dmp.document.v1.DocumentService/ReadDocument', 1, '8author', 1, 7),
                    ('dmp.document.v1.DocumentService/ReadDocument', 2, '1structure', 1, 4)
                ) as event (method, kind, actor, outcome, basis)
                """);

            MigrationRunner.Up(platform.Databases.AdminOf(name), cancellationToken: Token);

            Assert.Equal(
                ["8early", "8reader"],
                await database.QueryAsync<string>(
                    "select professional_id from notice_first_access order by professional_id collate \"C\""));
            Assert.Equal(1, await database.QuerySingleAsync<long>("select position from notice_cursor where source = 'changes'"));
            Assert.Equal(-1, await database.QuerySingleAsync<long>("select position from notice_cursor where source = 'trace'"));
        }
        finally
        {
            await server.ExecuteAsync($"drop database if exists {name} with (force)");
        }
    }

    [Fact]
    public void The_methods_of_the_migration_are_methods_of_reading()
    {
        var sql = EmbeddedMigrations.All.Single(migration => migration.Name == "0023_create_first_access.sql").Sql;
        var named = sql.Split('\'').Where(text => text.StartsWith("dmp.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(named);
        Assert.Subset(FirstAccessMaker.Methods.ToHashSet(), named.ToHashSet());
    }
}
