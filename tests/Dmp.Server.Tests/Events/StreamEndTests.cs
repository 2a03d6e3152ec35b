using System.Diagnostics;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>How streams end, and how many there may be.</summary>
public sealed class StreamEndTests(Platform platform)
{
    private static CancellationToken Token => Given.Token;

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
            Errors.Failures.ReasonOf(ended) == "SERVER_STOPPING"
                || ended is { StatusCode: StatusCode.Internal or StatusCode.Unavailable } && ended.GetRpcStatus() is null,
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
            catch (RpcException full)
                when (full.StatusCode == StatusCode.ResourceExhausted && Stopwatch.GetElapsedTime(begin).TotalSeconds < 20)
            {
                // The server has not seen the end of the other one yet.
            }
        }

        streams.ForEach(stream => stream.Dispose());

        async Task LimitAsync()
        {
            using var ninth = await api.SubscribeAsync(From(StartPoint.Latest));
            var status = await Refusals.RefusedAsync(
                StatusCode.ResourceExhausted, ErrorReason.FeedStreamLimitReached, () => ninth.NextAsync());
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
            await stream.RequestStream.OfferAsync(later);
            await Refusals.FieldsAsync(() => stream.NextAsync(), field);
        }
    }
}
