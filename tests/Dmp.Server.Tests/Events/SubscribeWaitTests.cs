using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Dmp.Event.V1;
using Dmp.Server.Calls;
using Dmp.Server.Events;
using Dmp.Server.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Dmp.Server.Tests.Fixtures.Feeding;

namespace Dmp.Server.Tests.Events;

/// <summary>
/// What comes from a subscriber in the very moment in which an answer has been written, before the stream waits: it is not left until the
/// next sign of life, which on this server is minutes away.
/// </summary>
public sealed class SubscribeWaitTests(Platform platform)
{
    private const string Heartbeat = "--Dmp:Feed:HeartbeatSeconds=240";

    private static readonly TimeSpan limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_wrong_message_of_that_moment_is_refused_at_once()
    {
        await using var server = await TestServer.StartAsync(platform, Heartbeat);
        var failure = await Assert.ThrowsAsync<RpcException>(() => SubscribeAsync(server, new SubscribeRequest { NumRequested = -1 }));
        Assert.Equal(nameof(ErrorReason.FieldsInvalid), ReasonOf(failure));
    }

    [Fact]
    public async Task A_subscriber_who_has_enough_in_that_moment_is_let_go_at_once()
    {
        await using var server = await TestServer.StartAsync(platform, Heartbeat);
        await SubscribeAsync(server, then: null);
    }

    private static string? ReasonOf(RpcException failure) =>
        Server.Errors.Failures.ReasonOf(failure)?.Replace("_", "", StringComparison.Ordinal) is { } reason
            ? Enum.GetNames<ErrorReason>().Single(name => string.Equals(name, reason, StringComparison.OrdinalIgnoreCase))
            : null;

    private static Task SubscribeAsync(TestServer server, SubscribeRequest? then)
    {
        var rule = EventService.Descriptor.FindMethodByName(nameof(Subscribe)).GetOptions().GetExtension(AnnotationsExtensions.Access);
        Call call = new()
        {
            ServerRequestId = Guid.NewGuid(),
            Method = $"{EventService.Descriptor.FullName}/{nameof(Subscribe)}",
            Rule = rule,
            VerifiedCaller = new Caller
            {
                Kind = CallerKind.Professional,
                Subject = "test|subscriber",
                ProfessionalId = TestProfessional.New().Id,
                ProfessionCode = "10",
                ProfessionSystem = "1.2.250.1.71.1.2.7",
                StructureId = TestProfessional.NewStructureId(),
            },
        };
        Line line = new(new SubscribeRequest { Start = From(StartPoint.Latest) }, then);

        // By itself: a context of the test would put off what has to follow at once.
        return Task.Run(() => server.Services.GetRequiredService<Subscribe>().RunAsync(call, line, line, Given.Token)).WaitAsync(limit);
    }

    /// <summary>A caller whose second message, or end, comes while the first answer is written.</summary>
    private sealed class Line(SubscribeRequest first, SubscribeRequest? then)
        : IAsyncStreamReader<SubscribeRequest>, IServerStreamWriter<SubscribeResponse>
    {
        // Whoever waits goes on within the call that lets it go: what comes is dealt with before the answer counts as written.
        private readonly TaskCompletionSource<bool> written = new();
        private int read;

        public SubscribeRequest Current { get; private set; } = first;

        public WriteOptions? WriteOptions { get; set; }

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            switch (read++)
            {
                case 0:
                    return true;
                case 1:
                    var comes = await written.Task.WaitAsync(cancellationToken);
                    Current = then ?? Current;
                    return comes;
                default:
                    return false;
            }
        }

        public Task WriteAsync(SubscribeResponse message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(SubscribeResponse message, CancellationToken cancellationToken)
        {
            written.TrySetResult(then is not null);
            return Task.CompletedTask;
        }
    }
}
