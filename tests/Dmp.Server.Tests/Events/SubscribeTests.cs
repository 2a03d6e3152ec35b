using System.Diagnostics;
using Dapper;
using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Npgsql;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>The stream: order, whole commits, signs of life, and its trace.</summary>
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
    public async Task A_commit_is_never_divided_whatever_the_credit()
    {
        var minor = await platform.RecordAsync(TestPatient.NewMinor());
        var patient = platform.As(minor.Patient);
        var team = TestProfessional.New();
        var api = platform.As(team);

        // One act with several changes: the adult approves what was given to the professional and to the structure.
        await patient.GrantAsync(minor.Id, team.Actor);
        await patient.GrantAsync(minor.Id, new Actor { Kind = ActorKind.Structure, Id = team.StructureId });
        // Told already, so that the sweep adds no change in between.
        await platform.Server.QueryAsync<object>(
            platform,
            $"""
            update record set birth_date = (now() at time zone 'Europe/Paris')::date - interval '18 years', majority_told = true
            where record_id = '{minor.Id}'
            returning 1
            """);
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
            $"select count(*) from audit_event where method = 'dmp.event.v1.EventService/Subscribe' and actor_id = '{reader.Id}' "
            + $"and {condition}");
    }
}
