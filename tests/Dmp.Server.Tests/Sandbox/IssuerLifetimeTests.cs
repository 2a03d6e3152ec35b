using System.Net;
using Dmp.Server.Identity.Sandbox;
using Dmp.Server.Options;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class IssuerLifetimeTests : IDisposable
{
    private readonly string dataDirectory = Directory.CreateTempSubdirectory("dmp-issuer-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(dataDirectory, recursive: true);

    [Fact]
    public async Task A_token_expires()
    {
        var clock = new MovedClock();
        await using var issuer = await RunningIssuer.StartAsync(dataDirectory, Ct, clock);
        var token = await issuer.TokenOfAsync("dr-martin", Ct);
        using var early = await issuer.GetUserInfoAsync(token, Ct);
        clock.Ahead = SandboxIssuer.AccessTokenLifetime + TimeSpan.FromSeconds(1);
        using var late = await issuer.GetUserInfoAsync(token, Ct);

        Assert.Equal(HttpStatusCode.OK, early.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
    }

    [Fact]
    public async Task Start_is_refused_when_the_port_is_taken()
    {
        await using var issuer = await RunningIssuer.StartAsync(dataDirectory, Ct);
        var port = issuer.Authority.Port;
        var refusal = await Assert.ThrowsAsync<StartupRefusedException>(() => RunningIssuer.StartAsync(dataDirectory, Ct, port: port));
        Assert.Contains($"{port}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_is_free_after_the_end()
    {
        int port;
        await using (var issuer = await RunningIssuer.StartAsync(dataDirectory, Ct))
        {
            port = issuer.Authority.Port;
        }

        await using var next = await RunningIssuer.StartAsync(dataDirectory, Ct, port: port);
        using var response = await next.Http.GetAsync(".well-known/openid-configuration", Ct);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_code_is_spent_once_and_forgotten_after_its_time(bool waited)
    {
        var clock = new MovedClock();
        var codes = new SpentCodes(clock);
        Assert.True(codes.TrySpend("one"));
        clock.Ahead = waited ? 3 * SandboxIssuer.CodeLifetime : SandboxIssuer.CodeLifetime;
        Assert.True(codes.TrySpend("two"));
        Assert.Equal(waited, codes.TrySpend("one"));
    }

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
