using Dapper;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>What a subscriber takes is what it is sent: credit, and the windows of its line.</summary>
public sealed class FlowTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task Events_come_as_far_as_the_credit_goes_and_when_it_is_added_they_go_on()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest), credit: 0);
        Assert.Empty((await stream.NextAsync()).Events);
        var documents = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            documents.Add((await api.UploadAsync(record.Id)).DocumentId);
        }

        var seen = new List<string>();
        foreach (var credit in new[] { 2, 1, 10 })
        {
            await stream.MoreAsync(credit);
            for (var wanted = Math.Min(5, seen.Count + credit); seen.Count < wanted;)
            {
                var response = await stream.NextEventsAsync();
                seen.AddRange(response.Events.Select(told => told.DocumentId));
                Assert.InRange(seen.Count, 1, wanted);
            }
        }

        Assert.Equal(documents, seen);
    }

    [Fact]
    public async Task Whoever_takes_nothing_is_waited_for_and_misses_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest), credit: 10_000);

        // From here on; what comes before the first answer may be before the start.
        await stream.NextAsync();
        var expected = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            expected.Add((await api.UploadAsync(record.Id)).DocumentId);
        }

        var seen = new List<string>();
        while (seen.Count < expected.Count)
        {
            seen.AddRange((await stream.NextAsync()).Events.Select(told => told.DocumentId));
        }

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task For_whoever_takes_nothing_the_server_looks_no_further_than_the_line_holds()
    {
        const int Changes = 10_000;
        var record = await platform.RecordAsync();
        var (slow, fast) = (platform.As(record.Physician), platform.As(record.Patient));
        var document = await slow.UploadAsync(record.Id);
        using var taken = await fast.SubscribeAsync(From(StartPoint.Latest), credit: Changes);
        using var waiting = await slow.SubscribeAsync(From(StartPoint.Latest), credit: Changes);
        await taken.NextAsync();
        await waiting.NextAsync();
        await AddChangesAsync(record.Id, document.DocumentId, Changes);

        // Both are sent to at the same time. When the one has all, the other, which reads nothing, has cost what its windows hold.
        Assert.Equal(Changes, (await ReadAsync(taken, Changes)).Count);
        var sent = await platform.Server.QueryAsync<long>(
            platform,
            $"select count(*) from audit_event where method = 'dmp.event.v1.EventService/Subscribe' and record_id = '{record.Id}' "
            + $"and actor_id = '{record.Physician.Id}'");
        TestContext.Current.TestOutputHelper!.WriteLine($"{sent} responses to whoever takes nothing");
        Assert.InRange(sent, 1, 15);

        // Nothing is lost or repeated for that.
        var times = (await ReadAsync(waiting, Changes)).ConvertAll(told => told.ChangeTime.ToDateTimeOffset());
        Assert.Equal(Changes, times.Distinct().Count());
        Assert.Equal(times.Order(), times);
    }

    private static async Task<List<ChangeEvent>> ReadAsync(
        Grpc.Core.AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> stream, int count)
    {
        var events = new List<ChangeEvent>();
        while (events.Count < count)
        {
            events.AddRange((await stream.NextEventsAsync()).Events);
        }

        return events;
    }

    /// <summary>Changes of a document, each a commit of its own, all at once.</summary>
    private async Task AddChangesAsync(string recordId, string documentId, int count)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await connection.ExecuteAsync(
            """
            insert into outbox (
                event_time, kind, record_id, document_id, version, hidden_from_representatives, previous_version, was_masked, was_state,
                was_hidden_from_representatives, commit_id)
            select now() + n * interval '1 microsecond', 'DOCUMENT_UNARCHIVED', @RecordId::uuid, @DocumentId::uuid, 1, false, 1, false, 3,
                false, (1000000000000 + n)::text::xid8
            from generate_series(1, @Count) n
            """,
            new { RecordId = recordId, DocumentId = documentId, Count = count });
    }
}
