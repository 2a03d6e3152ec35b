using Dapper;
using Dmp.Migrator;
using Dmp.Server.Messages;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>A platform that was in use before identifiers had one form.</summary>
public sealed class UniqueIdMigrationTests(Platform platform)
{
    private const string RecordId = "00000000-0000-7000-8000-000000000001";

    private const string DocumentId = "00000000-0000-7000-8000-000000000002";

    private const string Depositor = "depositor_kind, depositor_key, depositor";

    private const string Content = "size_bytes, sha256, sha1";

    private const string NoContent = "1, decode(repeat('00', 32), 'hex'), decode(repeat('00', 20), 'hex')";

    private static readonly string[] before =
    [
        "urn:oid:1.2.3", "1.2.4", "urn:uuid:9F2C1A3E-5B7D-4E21-8F10-0A1B2C3D4E5F", "9F2C1A3E-5B7D-4E21-8F10-0A1B2C3D4E50",
        "URN:OID:1.2.5^X", "CR 17", "urn:oid:CR",
        "9F2C1A3E-5B7D-4E21-8F10-0A1B2C3D4E5F^b", "1.2.6^",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_there_gets_the_one_form_and_nothing_is_lost_where_two_are_one()
    {
        var name = $"dmp_before_one_form_{Guid.NewGuid():N}";
        await using var server = new NpgsqlConnection(platform.Databases.AdminOf("postgres"));
        await server.OpenAsync(Token);
        await server.ExecuteAsync($"create database {name}");
        try
        {
            var earlier = EmbeddedMigrations.All.TakeWhile(migration => string.CompareOrdinal(migration.Name, "0030") < 0).ToList();
            MigrationRunner.Run(platform.Databases.AdminOf(name), earlier, new MigrationOptions(), keep: true, Token);
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
                insert into document (document_id, record_id, current_version, masked, state, revision, create_time, update_time)
                values ('{{DocumentId}}', '{{RecordId}}', 1, false, 1, 1, now(), now());
                """);
            await InsertAsync(database, [.. before, "urn:oid:1.2.9", "1.2.9", "URN:OID:1.2.10", "urn:oid:1.2.10"]);

            MigrationRunner.Up(platform.Databases.AdminOf(name), cancellationToken: Token);

            string[] expected = [.. before.Select(UniqueIds.Canonical), "urn:oid:1.2.9", "1.2.9", "1.2.10", "urn:oid:1.2.10"];
            Assert.Equal(expected, await database.QueryAsync<string>("select unique_id from document_version order by version"));
            Assert.Equal(expected, await database.QueryAsync<string>("select unique_id from submission_set order by submission_set_id"));
        }
        finally
        {
            await server.ExecuteAsync($"drop database if exists {name} with (force)");
        }
    }

    private static async Task InsertAsync(NpgsqlConnection database, string[] ids)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            await database.ExecuteAsync(
                $$"""
                insert into document_version (
                    document_id, version, record_id, unique_id, {{Depositor}}, metadata, type_code, class_code, event_codes,
                    author_ids, author_structure_ids, creation_time, service_start_time, {{Content}}, form, content_id, create_time)
                values (
                    '{{DocumentId}}', @Version, '{{RecordId}}', @Id, 1, '1', '', '', 't', 'c', '{}', '{}', '{}',
                    now(), now(), {{NoContent}}, 1, gen_random_uuid(), now() + @Version * interval '1 second');
                insert into submission_set (submission_set_id, record_id, unique_id, {{Depositor}}, metadata, create_time)
                values (
                    ('00000000-0000-7000-8000-' || lpad(@Version::text, 12, '0'))::uuid, '{{RecordId}}', @Id, 1, '1', '', '',
                    now() + @Version * interval '1 second');
                """,
                new { Version = i + 1, Id = ids[i] });
        }
    }
}
