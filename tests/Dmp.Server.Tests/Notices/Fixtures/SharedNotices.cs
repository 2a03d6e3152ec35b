using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Notices.Fixtures;

/// <summary>One server for the tests of a class, which run one after the other: each has records and people of its own.</summary>
public sealed class SharedNotices(Platform platform) : IAsyncLifetime
{
    private NoticePlatform? notices;

    internal NoticePlatform Platform => notices ?? throw new InvalidOperationException("The server is not started.");

    public async ValueTask InitializeAsync() => notices = await NoticePlatform.StartAsync(platform);

    public ValueTask DisposeAsync() => notices?.DisposeAsync() ?? ValueTask.CompletedTask;
}
