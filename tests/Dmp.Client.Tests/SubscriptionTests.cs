using System.Collections.Concurrent;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

public sealed class SubscriptionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<SubscribeRequest> received = new();
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task A_write_that_the_connection_ends_is_a_stream_that_broke()
    {
        platform.Subscribe = async (requests, answers, context) =>
        {
            await ReceiveAsync(requests, context);
            await answers.WriteAsync(Response("t", "d"));
            await ReceiveAsync(requests, context);
            await answers.WriteAsync(Response("t", "d"));
        };

        // The first request has eleven bytes, the next six: it is a wish for more that breaks.
        using var writes = new BreakingWrites(13);
        using var client = platform.Client(options => options.HttpHandler = writes);
        var seen = 0;
        await foreach (var response in client.SubscribeAsync(new EventStart { Point = StartPoint.Latest }, cancellationToken: Ct))
        {
            if (++seen == 3)
            {
                break;
            }
        }

        Assert.Equal(2, writes.Calls);
    }

    [Fact]
    public async Task A_stream_that_breaks_is_taken_up_behind_the_last_response()
    {
        var streams = 0;
        platform.Subscribe = async (requests, answers, context) =>
        {
            await ReceiveAsync(requests, context);
            var stream = ++streams;
            await answers.WriteAsync(Response($"t{stream}", $"d{stream}"));
            await ReceiveAsync(requests, context);
            switch (stream)
            {
                case 1:
                    throw Refusal.With(StatusCode.Unavailable, "SERVER_STOPPING", TimeSpan.FromMilliseconds(1));
                case 2:
                    throw Refusal.With(StatusCode.Unauthenticated, "TOKEN_EXPIRED");
                case 3:
                    context.GetHttpContext().Abort();
                    return;
                case 4:
                    // An end without a word is a break too: the client has credit left.
                    return;
                default:
                    await ReceiveAsync(requests, context);
                    break;
            }
        };
        using var client = platform.Client();

        var seen = new List<string>();
        await foreach (var response in client.SubscribeAsync(new EventStart { Point = StartPoint.Latest }, cancellationToken: Ct))
        {
            seen.AddRange(response.Events.Select(told => told.DocumentId));
            if (seen.Count == 5)
            {
                break;
            }
        }

        Assert.Equal(["d1", "d2", "d3", "d4", "d5"], seen);
        var firsts = received.Where(request => request.Start is not null).Select(request => request.Start.FromCase switch
        {
            EventStart.FromOneofCase.ResumeToken => request.Start.ResumeToken,
            _ => request.Start.Point.ToString(),
        });
        Assert.Equal(["Latest", "t1", "t2", "t3", "t4"], firsts);
    }

    [Fact]
    public async Task Credit_goes_back_as_responses_are_taken()
    {
        platform.Subscribe = async (requests, answers, context) =>
        {
            await ReceiveAsync(requests, context);
            await answers.WriteAsync(Response("t1", "a", "b"));
            await ReceiveAsync(requests, context);
            await answers.WriteAsync(Response("t2"));
            await answers.WriteAsync(Response("t3", "c"));
            await ReceiveAsync(requests, context);
        };
        using var client = platform.Client();

        var tokens = new List<string>();
        var options = new SubscribeOptions { EventsAhead = 7, WithHeartbeats = false };
        await foreach (var response in client.SubscribeAsync(
            new EventStart { ResumeToken = "t0" }, new EventFilter { RecordIds = { "r" } }, options, Ct))
        {
            tokens.Add(response.LatestResumeToken);
            if (tokens.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["t1", "t3"], tokens);
        Assert.Equal([7, 2], received.Take(2).Select(request => request.NumRequested));
        Assert.Equal(["r"], received.First().Filter.RecordIds);
        Assert.All(received.Skip(1), request => Assert.True(request.Start is null && request.Filter is null));
    }

    [Fact]
    public async Task A_silence_of_twice_the_interval_is_a_break()
    {
        var streams = 0;
        platform.Subscribe = async (requests, answers, context) =>
        {
            await ReceiveAsync(requests, context);
            var response = Response($"t{++streams}", "d");
            response.HeartbeatSeconds = 1;
            await answers.WriteAsync(response);
            await Waiting.ForeverAsync(context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        using var client = platform.Client();

        var tokens = new List<string>();
        await foreach (var response in client.SubscribeAsync(new EventStart { ResumeToken = "t0" }, cancellationToken: Ct))
        {
            tokens.Add(response.LatestResumeToken);
            if (tokens.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["t1", "t2"], tokens);
    }

    [Fact]
    public async Task A_refusal_ends_it_with_what_to_do_next()
    {
        platform.Subscribe = (_, _, _) => throw Refusal.With(StatusCode.OutOfRange, "FEED_TOKEN_OUTDATED");
        using var client = platform.Client();

        var refused = await Assert.ThrowsAsync<DmpInvalidRequestException>(async () =>
            await client.SubscribeAsync(new EventStart { ResumeToken = "old" }, cancellationToken: Ct).GetAsyncEnumerator(Ct)
                .MoveNextAsync());

        Assert.Equal(ErrorReason.FeedTokenOutdated, refused.ErrorReason);
        Assert.Equal("value", refused.Metadata["key"]);
    }

    [Fact]
    public async Task Stopping_is_a_cancellation()
    {
        platform.Subscribe = async (requests, answers, context) =>
        {
            await ReceiveAsync(requests, context);
            await answers.WriteAsync(Response("t1"));
            await Waiting.ForeverAsync(context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        using var client = platform.Client();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.SubscribeAsync(new EventStart { ResumeToken = "t0" }, cancellationToken: stop.Token))
            {
                await stop.CancelAsync();
            }
        });
    }

    private static SubscribeResponse Response(string token, params string[] documents) => new()
    {
        LatestResumeToken = token,
        HeartbeatSeconds = 30,
        Events = { documents.Select(id => new ChangeEvent { Kind = ChangeKind.Created, RecordId = "r", DocumentId = id }) },
    };

    private async Task ReceiveAsync(IAsyncStreamReader<SubscribeRequest> requests, ServerCallContext context)
    {
        if (await requests.MoveNext(context.CancellationToken))
        {
            received.Enqueue(requests.Current.Clone());
        }
    }
}
