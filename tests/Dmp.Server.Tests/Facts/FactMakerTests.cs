using Dmp.Server.Tests.Cli;
using Dmp.Facts.V1;
using Dmp.Server.Facts;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Xunit;
using static Dmp.Server.Tests.Facts.StatingText;

namespace Dmp.Server.Tests.Facts;

/// <summary>The queue behind the reading: what servers that die leave, and what nobody can read.</summary>
public sealed class FactMakerTests(Platform platform)
{
    private const string Waiting =
        "state = 2, kinds = 0, block = null, facts_id = null, words = null, words_id = null, record_key_id = null";

    [Fact]
    public async Task What_a_server_took_and_died_with_is_read_when_its_time_is_over()
    {
        var (record, api) = await UploadOneAsync();
        await platform.Server.ExecuteAsync(
            platform,
            $"update document_facts set {Waiting}, attempts = 1, due_time = now() + interval '3 seconds' where record_id = '{record.Id}'");
        Assert.Equal(DocumentFactsState.Waiting, Assert.Single(await ListAsync(api, record.Id)).State);
        Assert.Equal(["PLAVIX 75 mg"], Medicines(await ReadAsync(api, record.Id)));
        Assert.Equal(
            "0",
            await platform.Server.QueryAsync<string>(
                platform, $"select attempts || coalesce(due_time::text, '') from document_facts where record_id = '{record.Id}'"));
    }

    /// <summary>A reading that fails takes nothing away of what was read before.</summary>
    [Fact]
    public async Task What_was_read_before_stays_when_it_cannot_be_read_again()
    {
        var (record, api) = await UploadOneAsync();
        await platform.Server.ExecuteAsync(
            platform,
            $"""
            update document_version set blob_id = gen_random_uuid(), blob_offset = 0 where record_id = '{record.Id}';
            update document_facts set attempts = 4, due_time = now() where record_id = '{record.Id}'
            """);
        await Fixtures.Waiting.UntilAsync(async () => await platform.Server.QueryAsync<bool>(
            platform, $"select due_time is null from document_facts where record_id = '{record.Id}'"));
        Assert.Equal(["PLAVIX 75 mg"], Medicines(await ListAsync(api, record.Id)));
    }

    [Fact]
    public async Task What_ended_servers_again_and_again_is_given_up_and_told()
    {
        var (record, api) = await UploadOneAsync();
        await platform.Server.ExecuteAsync(
            platform, $"update document_facts set {Waiting}, attempts = 5, due_time = now() where record_id = '{record.Id}'");
        Assert.Equal(DocumentFactsState.Failed, Assert.Single(await ReadAsync(api, record.Id)).State);
    }

    [Fact]
    public async Task Content_that_is_not_there_is_tried_again_before_it_is_given_up()
    {
        var (record, api) = await UploadOneAsync();
        await platform.Server.ExecuteAsync(
            platform,
            $"""
            update document_version set blob_id = gen_random_uuid(), blob_offset = 0 where record_id = '{record.Id}';
            update document_facts set {Waiting}, attempts = 3, due_time = now() where record_id = '{record.Id}'
            """);

        // Later than now, and sooner than the end of a lease: this attempt is over.
        await Fixtures.Waiting.UntilAsync(async () => await platform.Server.QueryAsync<bool>(
            platform,
            "select attempts = 4 and due_time between now() and now() + interval '2 minutes' from document_facts "
            + $"where record_id = '{record.Id}'"));
        Assert.Equal(DocumentFactsState.Waiting, Assert.Single(await ListAsync(api, record.Id)).State);
        await platform.Server.ExecuteAsync(platform, $"update document_facts set due_time = now() where record_id = '{record.Id}'");
        Assert.Equal(DocumentFactsState.Failed, Assert.Single(await ReadAsync(api, record.Id)).State);
    }

    /// <summary>A server that is stopped in the middle of many leaves them to the next one at once, and not when its lease ends.</summary>
    [Fact]
    public async Task What_a_server_took_and_did_not_begin_is_left_to_others_when_it_stops()
    {
        await using var one = await TestServer.StartAsync(platform);
        var (api, recordId, physician) = await UploadAllAsync(one, 12);
        await ReadAsync(api, recordId);
        await one.ExecuteAsync(platform, $"update document_facts set {Waiting}, due_time = now()");
        await Fixtures.Waiting.UntilAsync(async () => await one.QueryAsync<bool>(
            platform, "select bool_or(attempts > 0) or bool_and(due_time is null) from document_facts"));
        await using var two = await one.StartBesideAsync(platform);
        await one.StopAsync();
        var there = new DmpApi(two.Channel, platform.Callers.Token(physician));
        Assert.Equal(12, Medicines(await ReadAsync(there, recordId)).Count());
    }

    /// <summary>Two servers and many documents: each is read.</summary>
    [Fact]
    public async Task Servers_share_the_work()
    {
        await using var one = await TestServer.StartAsync(platform);
        await using var two = await one.StartBesideAsync(platform);
        var (api, recordId, physician) = await UploadAllAsync(one, 30);
        var there = new DmpApi(two.Channel, platform.Callers.Token(physician));
        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => $"Medicine {i}").Order(StringComparer.Ordinal),
            Medicines(await ReadAsync(there, recordId)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_operator_has_all_read_again_and_sees_how_far_it_is()
    {
        await using var server = await TestServer.StartAsync(platform);
        var (api, recordId, _) = await UploadAllAsync(server, 3);
        await ReadAsync(api, recordId);
        Assert.Equal(
            "state     reader      versions    to be read\n"
            + $"read           {FactMaker.Reader}             3             0\nNothing waits.\n",
            await RunAsync(server, "status"));

        // As if an earlier edition had read two of them.
        await server.ExecuteAsync(
            platform,
            "update document_facts set reader = -1 where document_id in (select document_id from document_facts order by 1 limit 2)");
        Assert.Equal("1 versions are read again.\n", await RunAsync(server, "rebuild", "--since", $"{FactMaker.Reader}"));
        await Fixtures.Waiting.UntilAsync(async () => await server.QueryAsync<long>(
            platform, "select count(*) from document_facts where due_time is not null") == 0);
        Assert.Equal("3 versions are read again.\n", await RunAsync(server, "rebuild", "--since", "-1"));
        await Fixtures.Waiting.UntilAsync(async () => await server.QueryAsync<long>(
            platform, $"select count(*) from document_facts where reader = {FactMaker.Reader} and due_time is null") == 3);
        Assert.Equal(3, Medicines(await ReadAsync(api, recordId)).Count());

        // Once more, while nobody reads: what was read before is answered.
        await server.StopAsync();
        Assert.Equal("3 versions are read again.\n", await RunAsync(server, "rebuild"));
        Assert.Contains("The oldest waits since 20", await RunAsync(server, "status"), StringComparison.Ordinal);
        Assert.Equal("0 versions are read again.\n", await RunAsync(server, "rebuild", "--before", $"{FactMaker.Reader}"));
    }

    [Fact]
    public async Task An_operator_is_told_which_documents_were_not_read_whole()
    {
        await using var server = await TestServer.StartAsync(platform);
        const string OnlyWords = """
            <component><section><code code="10164-2"/><title>Histoire</title><text>Des mots.</text></section></component>
            """;
        var (api, recordId, _) = await UploadAllAsync(server, 2, number => number == 0
            ? Body("PLAVIX")
            : Body("PLAVIX").Replace("</structuredBody>", $"{OnlyWords}</structuredBody>", StringComparison.Ordinal));
        var listed = await ReadAsync(api, recordId);
        var partly = Assert.Single(listed, document => document.Unread.Count > 0);
        Assert.Equal($"{recordId}\t{partly.DocumentId}\t1\tpartly\n", await RunAsync(server, "unread"));
        await server.ExecuteAsync(
            platform,
            "update document_facts set state = 4, block = null, facts_id = null, words = null, words_id = null, record_key_id = null "
            + $"where document_id <> '{partly.DocumentId}'");
        Assert.Contains("\t1\tfailed\n", await RunAsync(server, "unread"), StringComparison.Ordinal);
    }

    /// <summary>A record of a server of its own, with documents that are Medicine 0, Medicine 1, …</summary>
    private async Task<(DmpApi Api, string RecordId, TestProfessional Physician)> UploadAllAsync(
        TestServer server, int documents, Func<int, string>? body = null)
    {
        var (physician, patient) = (TestProfessional.New(), TestPatient.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var opened = await api.Records.OpenRecordAsync(
            Given.OpenRequest(patient), cancellationToken: TestContext.Current.CancellationToken);
        await api.DeclareAsync(opened.Record.RecordId);
        for (var i = 0; i < documents; i++)
        {
            CdaText text = new() { Patient = patient, Author = physician, Body = body?.Invoke(i) ?? Body($"Medicine {i}") };
            await CdaUploadTests.SendAsync(api, CdaUploadTests.Intent(opened.Record.RecordId), text.Bytes);
        }

        return (api, opened.Record.RecordId, physician);
    }

    private Task<string> RunAsync(TestServer server, params string[] arguments) =>
        CommandHome.DoneAsync(["facts", .. arguments, "--connection", platform.Databases.AdminOf(server.Database)]);

    private async Task<(OpenedRecord Record, DmpApi Api)> UploadOneAsync()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await UploadAsync(api, record, Of(record, Body("PLAVIX 75 mg")));
        await ReadAsync(api, record.Id);
        return (record, api);
    }
}
