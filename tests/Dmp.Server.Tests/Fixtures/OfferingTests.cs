using Dmp.Server.Tests.Documentation;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>What a test that sends may meet when its call, or its whole connection, ends under it.</summary>
public sealed class OfferingTests
{
    public static TheoryData<Exception> Ends =>
    [
        new RpcException(new Status(StatusCode.Unavailable, "The call ended.")),
        new InvalidOperationException("Can't write the message because the call is complete."),
        new HttpRequestException("The request was aborted."),
        new HttpProtocolException(5, "The HTTP/2 server closed the connection.", null),
        new IOException("The line is cut."),
    ];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task An_end_of_the_call_is_left_to_its_reader(Exception end) => await new EndedStream(end).OfferAsync("message");

    [Fact]
    public async Task Any_other_fault_is_told() =>
        await Assert.ThrowsAsync<ArgumentException>(() => new EndedStream(new ArgumentException("message")).OfferAsync("message"));

    [Fact]
    public void No_test_sends_in_another_way() =>
        Assert.Equal(
            ["tests/Dmp.Server.Tests/Resilience/Chaos/ChaosSubscriber.cs"],
            Repository.Files("tests/Dmp.Server.Tests", "*.cs")
                .Where(path => Repository.Read(path).Contains(".RequestStream." + "WriteAsync(", StringComparison.Ordinal)));

    private sealed class EndedStream(Exception end) : IClientStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => throw end;

        public Task WriteAsync(string message, CancellationToken cancellationToken) => throw end;

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
