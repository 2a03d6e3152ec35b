using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Record.V1;
using Dmp.Server.Audit;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Edge;

/// <summary>One caller does not take the server from the others.</summary>
public sealed class CallTurnsTests(Platform platform)
{
    private const string Subscribe = "dmp.event.v1.EventService/Subscribe";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_caller_has_beyond_its_turns_waits_and_then_is_refused_and_counted_and_others_go_on()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:CallsPerCaller=2", "--Dmp:Edge:CallsWaitingPerCaller=3", "--Dmp:Edge:RefusalPeriod=00:10:00");
        var (greedy, other) = (TestProfessional.New(), TestProfessional.New());
        var api = new DmpApi(server.Channel, platform.Callers.Token(greedy));
        await using var hold = await HoldAsync(server, "record");

        var full = await FillAsync(server, () => api.Records.ListRecordsAsync(new(), Until()).ResponseAsync);
        // Background work of the server may wait for the table too, so that one or two more are no fault.
        await Waiting.UntilAsync(async () => await WaitersAsync(server) >= 2);
        Assert.InRange(await WaitersAsync(server), 2, 4);
        for (var i = 0; i < 20; i++)
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.ResourceExhausted, ErrorReason.CallLimitReached, async () => await api.Records.ListRecordsAsync(new(), Until()));
            Assert.Equal(1, status.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
            Assert.Equal("5", status.GetDetail<ErrorInfo>()!.Metadata["limit"]);
        }

        // Streams are counted apart, and another caller is not behind this one.
        using var stream = api.Events.Subscribe(Until());
        await stream.RequestStream.OfferAsync(new SubscribeRequest());
        var failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        await new DmpApi(server.Channel, platform.Callers.Token(other)).Audit.GetCheckpointAsync(new(), Until());

        await hold.DisposeAsync();
        var (done, refused) = await full.EndAsync();

        // One that had only arrived when the others were let go found a turn.
        Assert.InRange(done, 5, done + refused - 1);
        await api.Records.ListRecordsAsync(new(), Until());
        await server.Services.GetRequiredService<RefusedCalls>().WriteAsync(Token);
        Assert.Equal(
            [$"dmp.record.v1.RecordService/ListRecords {20 + refused} 127.0.0.1 signed"],
            await server.ListAsync<string>(
                platform,
                "select method || ' ' || coalesce(call_count, 0) || ' ' || host(origin) "
                + "|| case when signature is null then '' else ' signed' end\n"
                + $"from audit_event where reason = 'CALL_LIMIT_REACHED' and actor_id = '{greedy.Id}'"));
    }

    [Fact]
    public async Task A_call_that_is_refused_for_its_caller_takes_a_turn_until_its_event_is_written()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:CallsPerCaller=2", "--Dmp:Edge:CallsWaitingPerCaller=1");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        await using var hold = await HoldAsync(server, "audit_event");

        var full = await FillAsync(server, () => api.Audit.ListActorEventsAsync(new(), Until()).ResponseAsync);

        await hold.DisposeAsync();
        var (done, refused) = await full.EndAsync(ErrorReason.CallerKindNotAllowed);
        Assert.InRange(done, 3, done + refused - 1);
        Assert.Equal(
            done, await server.QueryAsync<long>(platform, "select count(*) from audit_event where reason = 'CALLER_KIND_NOT_ALLOWED'"));
    }

    [Fact]
    public async Task A_structure_has_turns_of_its_own_number()
    {
        await using var server = await TestServer.StartAsync(
            platform, "--Dmp:Edge:CallsPerCaller=1", "--Dmp:Edge:CallsWaitingPerCaller=0", "--Dmp:Edge:CallsPerStructure=3",
            "--Dmp:Edge:CallsWaitingPerStructure=4");
        var api = new DmpApi(server.Channel, platform.Callers.StructureToken(TestProfessional.NewStructureId()));
        var request = new ListRecordsRequest { AuthorizedAfter = DateTime.UtcNow.AddDays(-1).ToTimestamp() };
        await using var hold = await HoldAsync(server, "record");

        var full = await FillAsync(server, () => api.Records.ListRecordsAsync(request, Until()).ResponseAsync);

        // Background work of the server may wait for the table too, so that one or two more are no fault.
        await Waiting.UntilAsync(async () => await WaitersAsync(server) >= 3);
        Assert.InRange(await WaitersAsync(server), 3, 5);
        await hold.DisposeAsync();
        var (done, refused) = await full.EndAsync();
        Assert.InRange(done, 7, done + refused - 1);
        Assert.Equal("7", full.Refusal.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Metadata["limit"]);
    }

    [Fact]
    public async Task Streams_of_a_caller_are_so_many_and_subscriptions_are_counted_by_themselves()
    {
        await using var server = await TestServer.StartAsync(platform, "--Dmp:Edge:StreamsPerCaller=1", "--Dmp:Feed:StreamsMax=2");
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        using var one = await api.SubscribeAsync(Feeding.From(StartPoint.Latest));
        await one.NextAsync();
        using var two = await api.SubscribeAsync(Feeding.From(StartPoint.Latest));
        await two.NextAsync();
        using var three = await api.SubscribeAsync(Feeding.From(StartPoint.Latest));
        var status = await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.FeedStreamLimitReached, () => three.NextAsync());
        Assert.Equal("2", status.GetDetail<ErrorInfo>()!.Metadata["limit"]);
        await server.Services.GetRequiredService<RefusedCalls>().WriteAsync(Token);
        Assert.Equal(
            1, await server.QueryAsync<long>(
                platform, $"select call_count from audit_event where reason = 'FEED_STREAM_LIMIT_REACHED' and method = '{Subscribe}'"));

        // Whichever of the two comes first has the turn.
        using var upload = api.Documents.UploadDocument(Until());
        using var another = api.Documents.UploadDocument(Until());
        var ended = await Task.WhenAny(upload.ResponseStream.MoveNext(Token), another.ResponseStream.MoveNext(Token));
        var refusal = await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.CallLimitReached, () => ended);
        Assert.Equal("1", refusal.GetDetail<ErrorInfo>()!.Metadata["limit"]);
    }

    private static CallOptions Until() => new(deadline: DateTime.UtcNow.AddMinutes(2), cancellationToken: Token);

    private Task<long> WaitersAsync(TestServer server) => server.QueryAsync<long>(
        platform, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");

    /// <summary>Keeps everybody from a table until it is disposed of.</summary>
    private async Task<NpgsqlConnection> HoldAsync(TestServer server, string table)
    {
        var admin = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await admin.OpenAsync(Token);
        await using var hold = new NpgsqlCommand($"begin; lock table {table} in access exclusive mode", admin);
        await hold.ExecuteNonQueryAsync(Token);
        return admin;
    }

    /// <summary>Begins calls until the server refuses one: all that it bears are held then.</summary>
    private static async Task<FullCaller> FillAsync(TestServer server, Func<Task> call)
    {
        using var watched = new WatchedServer(server);
        var calls = new List<Task>();
        while (calls.Count < FullCaller.CallsMax && !calls.Exists(begun => begun.IsCompleted))
        {
            calls.Add(call());
            await Waiting.UntilAsync(() => watched.Active >= calls.Count || calls.Exists(begun => begun.IsCompleted));
        }

        await Waiting.UntilAsync(() => calls.Exists(begun => begun.IsCompleted));
        var refusal = await Assert.ThrowsAsync<RpcException>(() => calls.First(begun => begun.IsCompleted));
        Assert.Equal("CALL_LIMIT_REACHED", refusal.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
        return new FullCaller(calls, refusal);
    }

    private sealed class FullCaller(List<Task> calls, RpcException refusal)
    {
        /// <summary>More than any server of these tests bears.</summary>
        public const int CallsMax = 40;

        public RpcException Refusal => refusal;

        /// <summary>Collects all calls: how many were borne, and how many refused for the limit.</summary>
        public async Task<(int Done, int Refused)> EndAsync(ErrorReason? reason = null)
        {
            var (done, refused) = (0, 0);
            foreach (var call in calls)
            {
                try
                {
                    await call;
                    Assert.Null(reason);
                    done++;
                }
                catch (RpcException failure)
                {
                    var told = failure.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;
                    if (told == "CALL_LIMIT_REACHED")
                    {
                        refused++;
                        continue;
                    }

                    Assert.Equal(reason is { } expected ? Refusals.Name(expected) : "", told);
                    done++;
                }
            }

            return (done, refused);
        }
    }
}
