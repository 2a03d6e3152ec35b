using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>The second wall: raw SQL as the server's own role.</summary>
public sealed class RowSecurityTests(Platform platform)
{
    private static readonly string[] tables =
    [
        "record", "consent", "block", "emergency_access", "visibility_rule", "delegation", "document", "document_version", "audit_event",
        "request_log", "notice", "notice_delivery", "notice_preference", "notice_contact", "notice_first_access", "change", "feed_position",
        "record_key",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables => new(tables);

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_query_for_nobody_finds_nothing(string table)
    {
        var record = await platform.RecordAsync();
        await platform.As(record.Physician).UploadAsync(record.Id);
        Assert.Equal(0, await CountAsync(table));
    }

    [Fact]
    public async Task A_query_for_a_record_finds_that_record_only_even_when_it_forgets_to_say_so()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.As(other.Physician).UploadAsync(other.Id);

        foreach (var table in new[] { "record", "consent", "document", "document_version" })
        {
            Assert.Equal(1, await CountAsync(table, ("dmp.record", record.Id)));
        }

        Assert.Equal(3, await CountAsync("audit_event", ("dmp.record", record.Id)));
        Assert.Equal(0, await CountAsync("document", ("dmp.record", Given.NewId())));
    }

    [Fact]
    public async Task A_query_for_a_batch_finds_its_records_only()
    {
        var records = new List<OpenedRecord>();
        for (var i = 0; i < 3; i++)
        {
            records.Add(await platform.RecordAsync());
            await platform.As(records[i].Physician).UploadAsync(records[i].Id);
        }

        foreach (var table in new[] { "record", "consent", "document", "document_version" })
        {
            Assert.Equal(2, await CountAsync(table, ("dmp.records", $"{records[0].Id} {records[1].Id}")));
        }

        // The trace, notices and requests are not what a batch reads.
        Assert.Equal(0, await CountAsync("audit_event", ("dmp.records", records[0].Id)));
        Assert.Equal(0, await CountAsync("request_log", ("dmp.records", records[0].Id)));
        await using var connection = await OpenAsync(("dmp.records", $"{records[0].Id} {records[1].Id}"));
        await using var insert = new NpgsqlCommand(
            $"""
            insert into document (document_id, record_id, current_version, masked, state, revision, create_time, update_time)
            values (gen_random_uuid(), '{records[2].Id}', 1, false, 1, 1, now(), now())
            """,
            connection);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync(Token));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    [Fact]
    public async Task A_structure_finds_its_own_deposits_and_no_others()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        await platform.As(record.Physician).UploadAsync(record.Id);
        await platform.As(other.Physician).UploadAsync(other.Id);
        foreach (var table in new[] { "record", "document", "document_version" })
        {
            Assert.Equal(1, await CountAsync(table, ("dmp.actors", record.Physician.StructureId), ("dmp.task", "deposits")));
        }
    }

    [Fact]
    public async Task A_connection_forgets_for_whom_it_was_when_it_goes_back_to_the_pool()
    {
        var record = await platform.RecordAsync();
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(platform.Databases.RuntimeOf(platform.Server.Database)) { MaxPoolSize = 1 }.ConnectionString);
        await using (var first = await source.OpenConnectionAsync(Token))
        {
            await SetAsync(first, "dmp.record", record.Id);
        }

        await using var second = await source.OpenConnectionAsync(Token);
        await using var count = new NpgsqlCommand("select count(*) from record", second);
        Assert.Equal(0L, await count.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task Nothing_is_written_for_another_record()
    {
        var (record, other) = (await platform.RecordAsync(), await platform.RecordAsync());
        await using var connection = await OpenAsync(("dmp.record", record.Id));
        await using var insert = new NpgsqlCommand(
            $"""
            insert into document (document_id, record_id, current_version, masked, state, revision, create_time, update_time)
            values (gen_random_uuid(), '{other.Id}', 1, false, 1, 1, now(), now())
            """,
            connection);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync(Token));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    private static async Task SetAsync(NpgsqlConnection connection, string name, string value)
    {
        await using var set = new NpgsqlCommand("select set_config(@name, @value, false)", connection);
        set.Parameters.AddWithValue("name", name);
        set.Parameters.AddWithValue("value", value);
        await set.ExecuteNonQueryAsync(Token);
    }

    private async Task<long> CountAsync(string table, params (string Name, string Value)[] settings)
    {
        await using var connection = await OpenAsync(settings);
        await using var count = new NpgsqlCommand($"select count(*) from {table}", connection);
        return (long)(await count.ExecuteScalarAsync(Token))!;
    }

    private async Task<NpgsqlConnection> OpenAsync(params (string Name, string Value)[] settings)
    {
        var connection = new NpgsqlConnection(platform.Databases.RuntimeOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        foreach (var (name, value) in settings)
        {
            await SetAsync(connection, name, value);
        }

        return connection;
    }
}
