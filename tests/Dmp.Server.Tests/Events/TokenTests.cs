using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>Tokens and positions: whose they are, what they are good for, and for how long.</summary>
public sealed class TokenTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

    [Fact]
    public async Task A_token_is_good_for_its_caller_with_its_filter_and_nothing_else()
    {
        var physician = TestProfessional.New();
        var api = platform.As(physician);
        var token = await api.NowAsync();
        await api.SinceAsync(token);
        var filtered = await api.NowAsync(Only(Given.NewId()));
        await InvalidAsync(platform.As(TestProfessional.New()), token);
        await InvalidAsync(platform.As(physician with { StructureId = TestProfessional.New().StructureId }), token);
        await InvalidAsync(platform.As(TestPatient.New()), token);
        await InvalidAsync(api, filtered);
        await InvalidAsync(api, token, Only(Given.NewId()));
        await InvalidAsync(api, "x");
        await InvalidAsync(api, new string('A', 500));
        await InvalidAsync(api, token[..^4] + "AAAA");
        await InvalidAsync(api, token[..20]);
    }

    [Fact]
    public async Task All_tokens_have_one_length()
    {
        var record = await platform.RecordAsync();
        var lengths = new HashSet<int>();
        foreach (var api in new[] { platform.As(record.Physician), platform.As(record.Patient), platform.As(TestProfessional.New()) })
        {
            lengths.Add((await api.NowAsync()).Length);
            lengths.Add((await api.PullAllAsync(From(StartPoint.Earliest))).Token.Length);
            lengths.Add((await api.NowAsync(Only(record.Id))).Length);
        }

        Assert.Single(lengths);
    }

    [Fact]
    public async Task A_token_that_is_too_old_says_to_load_anew_and_from_where()
    {
        await using var server = await TestServer.StartAsync(platform);
        var (api, record) = await RecordOnAsync(server);
        var old = await api.NowAsync();
        await api.UploadAsync(record);
        var kept = await api.PullAllAsync(From(old));
        await CommitAsync(api, "old", old);
        await CommitAsync(api, "kept", kept.Token);
        await server.QueryAsync<object>(platform, "update change set sequence_time = sequence_time - interval '31 days' returning 1");
        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().SweepOnceAsync(Token);

        var status = await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, () => api.SinceAsync(old));
        await api.SinceAsync(kept.Token);
        await api.PullAllAsync(new EventStart { PositionName = "kept" });
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.FeedPositionNotFound, () =>
            api.PullAllAsync(new EventStart { PositionName = "old" }));
        var document = await api.UploadAsync(record);
        var anew = status.GetDetail<ErrorInfo>()!.Metadata["resume_token"];
        Assert.Equal(document.DocumentId, Assert.Single(await api.SinceAsync(anew)).DocumentId);
        Assert.Single((await api.PullAllAsync(From(StartPoint.Earliest))).Events);
    }

    [Fact]
    public async Task A_new_matrix_and_a_restored_database_say_so_too()
    {
        await using var server = await TestServer.StartAsync(platform);
        var (api, record) = await RecordOnAsync(server);
        await api.UploadAsync(record);
        var token = await api.NowAsync();
        var filter = new EventFilter();
        using var stream = await api.SubscribeAsync(From(token), filter);
        await stream.NextAsync();
        await server.ImportMatrixAsync(platform);
        var status = await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, () => api.SinceAsync(token));
        var anew = status.GetDetail<ErrorInfo>()!.Metadata["resume_token"];
        await api.SinceAsync(anew);

        // A stream that lives is told the same, at its next look.
        await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, async () =>
        {
            while (true)
            {
                await stream.NextAsync();
            }
        });

        await server.QueryAsync<object>(platform, "update change_head set first_position = 0, last_position = 0 returning 1");
        await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, () => api.SinceAsync(anew));
    }

    [Fact]
    public async Task A_refusal_undoes_no_place_of_which_its_token_tells()
    {
        await using var server = await TestServer.StartAsync(platform);
        var (api, record) = await RecordOnAsync(server);
        var token = await api.NowAsync();
        await server.ImportMatrixAsync(platform);
        for (var round = 1; round <= 10; round++)
        {
            // Whoever gives it a place, it keeps that.
            var id = await server.QueryAsync<Guid>(
                platform,
                $"""
                insert into outbox (event_time, kind, record_id, subject_id, hidden_from_representatives)
                values (now(), 'TEST', '{record}', gen_random_uuid(), false) returning subject_id
                """);
            await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, () => api.SinceAsync(token));
            Assert.Equal(1, await server.QueryAsync<long>(platform, $"select count(*) from change where subject_id = '{id}'"));
        }
    }

    [Fact]
    public async Task Another_profession_loads_anew()
    {
        var physician = TestProfessional.New();
        var token = await platform.As(physician).NowAsync();
        await Refusals.RefusedAsync(StatusCode.OutOfRange, ErrorReason.FeedTokenOutdated, () =>
            platform.As(physician with { Profession = "40", Specialty = "" }).SinceAsync(token));
    }

    [Fact]
    public async Task A_position_is_kept_under_a_name_of_the_caller()
    {
        var record = await platform.RecordAsync();
        var api = platform.As(record.Physician);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.FeedPositionNotFound, async () =>
            await api.Events.GetPositionAsync(new GetPositionRequest { Name = "main" }, cancellationToken: Token));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.FeedPositionNotFound, () => api.PullAllAsync(Named()));

        var start = await api.NowAsync();
        var first = await api.UploadAsync(record.Id);
        await CommitAsync(api, "main", start);
        Assert.Equal([first.DocumentId], (await api.PullAllAsync(Named())).Events.Select(told => told.DocumentId));
        var (_, behind) = await api.PullAllAsync(Named());
        await CommitAsync(api, "main", behind);
        Assert.Empty((await api.PullAllAsync(Named())).Events);
        var kept = await api.Events.GetPositionAsync(new GetPositionRequest { Name = "main" }, cancellationToken: Token);
        Assert.Empty(await api.SinceAsync(kept.ResumeToken));
        Assert.NotNull(kept.CommitTime);

        // Back again, to process once more; and with the filter it was made with only.
        await CommitAsync(api, "main", start);
        Assert.Single((await api.PullAllAsync(Named())).Events);
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument, ErrorReason.FeedTokenInvalid, () => api.PullAllAsync(Named(), Only(record.Id)));
        var other = platform.As(TestProfessional.New());
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.FeedPositionNotFound, () => other.PullAllAsync(Named()));
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.FeedTokenInvalid, () => CommitAsync(other, "main", start));
        await Refusals.FieldsAsync(() => CommitAsync(api, "no name", start), "name");

        static EventStart Named() => new() { PositionName = "main" };
    }

    [Fact]
    public async Task A_commit_is_made_once_and_there_are_so_many_positions()
    {
        var api = platform.As(TestProfessional.New());
        var token = await api.NowAsync();
        var request = new CommitPositionRequest { Name = "p0", ResumeToken = token, RequestId = Given.NewId() };
        var first = await api.Events.CommitPositionAsync(request, cancellationToken: Token);
        Assert.Equal(first, await api.Events.CommitPositionAsync(request, cancellationToken: Token));
        for (var i = 1; i < 20; i++)
        {
            await CommitAsync(api, $"p{i}", token);
        }

        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.FeedPositionLimitReached, () => CommitAsync(api, "p20", token));
        await CommitAsync(api, "p3", token);
    }

    [Fact]
    public async Task Of_two_consumers_on_one_position_the_last_commit_counts_and_nothing_is_lost_between_them()
    {
        var record = await platform.RecordAsync();
        var (one, two) = (platform.As(record.Physician), platform.As(record.Physician));
        var start = await one.NowAsync();
        var first = await one.UploadAsync(record.Id);
        var (_, behindFirst) = await one.PullAllAsync(From(start));
        var second = await one.UploadAsync(record.Id);
        await CommitAsync(one, "shared", start);

        // Both are told all; the slower one commits what it has come to, last: what is behind it comes again.
        var named = new EventStart { PositionName = "shared" };
        var (heard, behindSecond) = await one.PullAllAsync(named);
        Assert.Equal(heard, (await two.PullAllAsync(named)).Events);
        Assert.Equal([first.DocumentId, second.DocumentId], heard.Select(told => told.DocumentId));
        await CommitAsync(one, "shared", behindSecond);
        await CommitAsync(two, "shared", behindFirst);
        Assert.Equal([second.DocumentId], (await one.PullAllAsync(named)).Events.Select(told => told.DocumentId));

        // At once: every commit is answered, and one of them counts as a whole.
        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => CommitAsync(i % 2 == 0 ? one : two, "shared", i % 2 == 0 ? behindFirst : behindSecond)));
        var left = (await two.PullAllAsync(named)).Events.ConvertAll(told => told.DocumentId);
        Assert.True(left.Count == 0 || left.SequenceEqual([second.DocumentId]), string.Join(", ", left));
    }

    private static async Task CommitAsync(DmpApi api, string name, string token) => await api.Events.CommitPositionAsync(
        new CommitPositionRequest { Name = name, ResumeToken = token, RequestId = Given.NewId() }, cancellationToken: Token);

    private static Task<Google.Rpc.Status> InvalidAsync(DmpApi api, string token, EventFilter? filter = null) =>
        Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.FeedTokenInvalid, () => api.SinceAsync(token, filter));

    private async Task<(DmpApi Api, string RecordId)> RecordOnAsync(TestServer server)
    {
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        var record = (await api.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record;
        await api.DeclareAsync(record.RecordId);
        return (api, record.RecordId);
    }
}
