using Dapper;
using Dmp.Migrator;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Documents.Import;

/// <summary>A platform that was in use before there were submission sets.</summary>
public sealed class SubmissionSetMigrationTests(Platform platform)
{
    private const string RecordId = "00000000-0000-7000-8000-000000000001";

    private const string DocumentColumns =
        "document_id, record_id, current_version, masked, hidden_from_representatives, state, revision, create_time, update_time";

    private const string Depositor = "depositor_kind, depositor_key, depositor";

    private const string Content = "size_bytes, sha256, sha1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Documents_of_before_are_in_no_set_and_stay()
    {
        var name = $"dmp_before_sets_{Guid.NewGuid():N}";
        await using var server = new NpgsqlConnection(platform.Databases.AdminOf("postgres"));
        await server.OpenAsync(Token);
        await server.ExecuteAsync($"create database {name}");
        try
        {
            var before = EmbeddedMigrations.All.TakeWhile(migration => string.CompareOrdinal(migration.Name, "0029") < 0).ToList();
            MigrationRunner.Run(platform.Databases.AdminOf(name), before, new MigrationOptions(), keep: true, Token);
            await using var database = new NpgsqlConnection(platform.Databases.AdminOf(name));
            await database.OpenAsync(Token);
            await database.ExecuteAsync(
                $$"""
                insert into record (
                    record_id, ins_system, ins_number, birth_family_name, birth_given_names, birth_date, sex, birth_place_code, state,
                    create_time, update_time, revision, settings_update_time, settings_revision)
                values (
                    '{{RecordId}}', '1.2.250.1.213.1.4.10', '248037511599154', 'EXEMPLE', '{JEANNE}', '1948-03-09', 2, '75115',
                    1, now(), now(), 1, now(), 1);
                insert into document ({{DocumentColumns}})
                select gen_random_uuid(), '{{RecordId}}', 1, false, false, 1, 1, now(), now() from generate_series(1, 1000);
                insert into document_version (
                    document_id, version, record_id, unique_id, {{Depositor}}, metadata, type_code, class_code, event_codes,
                    author_ids, author_structure_ids, creation_time, service_start_time, {{Content}}, form, content_id, create_time)
                select document_id, 1, record_id, document_id::text, 1, 'k', '', '', 't', 'c', '{}', '{}', '{}', now(), now(), 1,
                    decode(repeat('00', 32), 'hex'), decode(repeat('00', 20), 'hex'), 10, document_id, now()
                from document
                """);

            MigrationRunner.Up(platform.Databases.AdminOf(name), cancellationToken: Token);

            Assert.Equal(
                1000, await database.QuerySingleAsync<long>("select count(*) from document_version where submission_set_id is null"));
            Assert.Equal(0, await database.QuerySingleAsync<long>("select count(*) from submission_set"));
        }
        finally
        {
            await server.ExecuteAsync($"drop database if exists {name} with (force)");
        }
    }
}
