using System.Diagnostics;
using Dapper;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>The stream: credit, order, whole commits, signs of life, and its ends.</summary>
public sealed class SubscribeTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task A_change_comes_within_moments_and_the_first_response_at_once()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        var first = await stream.NextAsync();
        Assert.Equal((0, 30), (first.Events.Count, first.HeartbeatSeconds));
        Assert.NotEmpty(first.LatestResumeToken);

        var document = await platform.As(record.Patient).UploadAsync(record.Id);
        var begin = Stopwatch.GetTimestamp();
        var response = await stream.NextEventsAsync();
        Assert.Equal(document.DocumentId, Assert.Single(response.Events).DocumentId);
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Empty(await api.SinceAsync(response.LatestResumeToken));
    }

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
    public async Task A_commit_is_never_divided_whatever_the_credit()
    {
        var minor = await platform.RecordAsync(TestPatient.NewMinor());
        var patient = platform.As(minor.Patient);
        var team = TestProfessional.New();
        var api = platform.As(team);

        // One act with several changes: the adult approves what was given to the professional and to the structure.
        await patient.GrantAsync(minor.Id, team.Actor);
        await patient.GrantAsync(minor.Id, new Actor { Kind = ActorKind.Structure, Id = team.StructureId });
        await platform.Server.QueryAsync<object>(
            platform,
            $"update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years' where record_id = '{minor.Id}' returning 1");
        await platform.Server.QueryAsync<object>(
            platform, $"update consent set grant_time = grant_time - interval '30 days' where record_id = '{minor.Id}' returning 1");
        var start = await api.NowAsync();
        await patient.Consents.ReapproveConsentsAsync(
            new ReapproveConsentsRequest { RecordId = minor.Id, RequestId = Given.NewId() }, cancellationToken: Token);
        var document = await patient.UploadAsync(minor.Id);

        var pulled = await api.Events.PullAsync(new PullRequest { Start = From(start), MaxEvents = 1 }, cancellationToken: Token);
        Assert.Equal([ChangeKind.AccessGranted, ChangeKind.AccessGranted], pulled.Events.Select(told => told.Kind));
        Assert.Equal(document.DocumentId, Assert.Single(await api.SinceAsync(pulled.LatestResumeToken)).DocumentId);
    }

    [Fact]
    public async Task A_transaction_that_commits_late_is_told_late_and_never_skipped()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        await stream.NextAsync();
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(platform.Server.Database));
        await connection.OpenAsync(Token);
        await using var late = await connection.BeginTransactionAsync(Token);
        await connection.ExecuteAsync(
            "insert into outbox (event_time, kind, record_id) values (now(), 'RECORD_CLOSED', @Id::uuid)", new { record.Id });
        var early = await api.UploadAsync(record.Id);
        Assert.Equal(early.DocumentId, Assert.Single((await stream.NextEventsAsync()).Events).DocumentId);
        await late.CommitAsync(Token);
        Assert.Equal(ChangeKind.RecordClosed, Assert.Single((await stream.NextEventsAsync()).Events).Kind);
    }

    [Fact]
    public async Task A_subscriber_of_one_server_hears_of_what_another_one_did_and_goes_on_there()
    {
        await using var one = await TestServer.StartAsync(platform);
        await using var two = await one.StartBesideAsync(platform);
        var token = platform.Callers.Token(TestProfessional.New());
        var (here, there) = (new DmpApi(one.Channel, token), new DmpApi(two.Channel, token));
        var record = (await here.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await here.DeclareAsync(record);
        using var stream = await there.SubscribeAsync(From(StartPoint.Latest));
        await stream.NextAsync();
        var document = await here.UploadAsync(record);
        var heard = await stream.NextEventsAsync();
        Assert.Equal(document.DocumentId, Assert.Single(heard.Events).DocumentId);

        var next = await there.UploadAsync(record);
        Assert.Equal(next.DocumentId, Assert.Single(await here.SinceAsync(heard.LatestResumeToken)).DocumentId);
    }

    [Fact]
    public async Task Silence_is_broken_by_a_checkpoint_at_the_interval_that_is_told()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Feed:HeartbeatSeconds=1");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        await stream.NextAsync();
        var begin = Stopwatch.GetTimestamp();
        var beat = await stream.NextAsync();
        Assert.Equal((0, true, 1), (beat.Events.Count, beat.IsCheckpoint, beat.HeartbeatSeconds));
        Assert.NotEmpty(beat.LatestResumeToken);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0.5, 10);
    }

    [Fact]
    public async Task A_right_that_is_lost_is_lost_in_the_next_response()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var colleague = TestProfessional.New();
        var consent = await patient.GrantAsync(record.Id, colleague.Actor);
        using var stream = await platform.As(colleague).SubscribeAsync(From(StartPoint.Latest));
        await stream.NextAsync();
        var document = await patient.UploadAsync(record.Id);
        Assert.Equal(document.DocumentId, (await stream.NextEventsAsync()).Events.Single().DocumentId);
        await patient.RevokeAsync(consent);
        var lost = await stream.NextEventsAsync();
        Assert.Equal(ChangeKind.AccessLost, lost.Events.Single().Kind);
        await patient.UploadAsync(record.Id);
        Assert.Empty(await platform.As(colleague).SinceAsync(lost.LatestResumeToken));

        // The new right may be there before the stream came to the upload: then the colleague hears of both.
        await patient.GrantAsync(record.Id, colleague.Actor);
        while ((await stream.NextEventsAsync()).Events[^1].Kind != ChangeKind.AccessGranted)
        {
        }
    }

    [Fact]
    public async Task A_stopping_server_ends_its_streams_at_once_and_another_one_goes_on()
    {
        await using var one = await TestServer.StartAsync(platform);
        var token = platform.Callers.Token(TestProfessional.New());
        var api = new DmpApi(one.Channel, token);
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record.RecordId;
        await api.DeclareAsync(record);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        var resume = (await stream.NextAsync()).LatestResumeToken;
        await using var two = await one.StartBesideAsync(platform);
        var begin = Stopwatch.GetTimestamp();
        var stopping = one.StopAsync();
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await stream.NextAsync();
            }
        });

        // The end of the connection may overtake the status on its way through the client; the SDK takes both as a reason to go on.
        Assert.True(
            Errors.Failures.ReasonOf(ended) == "SERVER_STOPPING" || ended is { StatusCode: StatusCode.Internal or StatusCode.Unavailable } && ended.GetRpcStatus() is null,
            ended.ToString());
        await stopping;
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        var there = new DmpApi(two.Channel, token);
        var document = await there.UploadAsync(record);
        Assert.Equal(document.DocumentId, Assert.Single(await there.SinceAsync(resume)).DocumentId);
    }

    [Fact]
    public async Task The_stream_ends_with_the_token_of_its_caller()
    {
        var claims = Callers.Claims(TestProfessional.New());
        claims["exp"] = DateTimeOffset.UtcNow.AddSeconds(3).ToUnixTimeSeconds();
        var api = platform.As(platform.Callers.Mint(claims));
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
        await Refusals.RefusedAsync(StatusCode.Unauthenticated, ErrorReason.TokenExpired, async () =>
        {
            while (true)
            {
                await stream.NextAsync();
            }
        });
    }

    [Fact]
    public async Task The_stream_ends_in_order_when_the_caller_asks_for_no_more()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest), credit: 1);
        await stream.NextAsync();
        await stream.RequestStream.CompleteAsync();
        await api.UploadAsync(record.Id);
        Assert.Single((await stream.NextEventsAsync()).Events);
        Assert.False(await stream.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task A_caller_has_so_many_streams_and_one_that_ended_counts_no_more()
    {
        var api = platform.As(TestProfessional.New());
        var streams = new List<AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse>>();
        for (var i = 0; i < 8; i++)
        {
            streams.Add(await api.SubscribeAsync(From(StartPoint.Latest)));
            await streams[i].NextAsync();
        }

        await LimitAsync();
        await streams[0].RequestStream.CompleteAsync();
        streams[0].Dispose();
        for (var begin = Stopwatch.GetTimestamp(); ;)
        {
            using var another = await api.SubscribeAsync(From(StartPoint.Latest));
            try
            {
                await another.NextAsync();
                break;
            }
            catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted && Stopwatch.GetElapsedTime(begin).TotalSeconds < 20)
            {
                // The server has not seen the end of the other one yet.
            }
        }

        streams.ForEach(stream => stream.Dispose());

        async Task LimitAsync()
        {
            using var ninth = await api.SubscribeAsync(From(StartPoint.Latest));
            var status = await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.FeedStreamLimitReached, () => ninth.NextAsync());
            Assert.Contains("8", status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Later_messages_add_credit_and_nothing_else()
    {
        var api = platform.As(TestProfessional.New());
        foreach (var (later, field) in new[]
        {
            (new SubscribeRequest { Start = From(StartPoint.Latest) }, "start"),
            (new SubscribeRequest { Filter = new EventFilter() }, "filter"),
            (new SubscribeRequest { NumRequested = -1 }, "num_requested"),
            (new SubscribeRequest { NumRequested = 10_001 }, "num_requested"),
        })
        {
            using var stream = await api.SubscribeAsync(From(StartPoint.Latest));
            await stream.NextAsync();
            await stream.RequestStream.WriteAsync(later, Token);
            await Refusals.FieldsAsync(() => stream.NextAsync(), field);
        }
    }

    [Fact]
    public async Task Every_delivery_is_in_the_trace_with_its_documents_and_so_is_the_opening()
    {
        var record = await platform.RecordAsync();
        var reader = await platform.ColleagueAsync(record);
        var author = platform.As(record.Physician);
        using var stream = await platform.As(reader).SubscribeAsync(From(StartPoint.Latest));
        await stream.NextAsync();
        Assert.Equal(1L, await CountAsync("record_id is null"));
        var document = await author.UploadAsync(record.Id);
        await stream.NextEventsAsync();
        var traced = (await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id }, cancellationToken: Token)).Events
            .Single(told => told.Method == "dmp.event.v1.EventService/Subscribe");
        Assert.Equal((reader.Id, AuditBasis.Consent), (traced.Actor.Id, traced.Basis));
        var named = Assert.Single(traced.Documents);
        Assert.Equal((document.DocumentId, 1, document.Content.Sha256), (named.DocumentId, named.Version, named.Sha256));
        Assert.Equal(1L, await CountAsync("record_id is null"));

        // One of a record that is nobody's business leaves none.
        var other = await platform.RecordAsync();
        await platform.As(other.Physician).UploadAsync(other.Id);
        await author.UploadAsync(record.Id);
        await stream.NextEventsAsync();
        Assert.Equal(2L, await CountAsync("record_id is not null"));

        Task<long> CountAsync(string condition) => platform.Server.QueryAsync<long>(
            platform,
            $"select count(*) from audit_event where method = 'dmp.event.v1.EventService/Subscribe' and actor_id = '{reader.Id}' and {condition}");
    }

    [Fact]
    public async Task Whoever_takes_nothing_is_waited_for_and_misses_nothing()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        using var stream = await api.SubscribeAsync(From(StartPoint.Latest), credit: 10_000);
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
}
