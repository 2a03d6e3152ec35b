using System.Buffers.Text;
using System.Runtime.Versioning;
using System.Text;
using Dmp.Cli.Platform;
using Dmp.Client;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary>Tokens that another program prints.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CommandTokenSourceTests : IDisposable
{
    private static readonly DateTimeOffset now = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-token-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task The_command_is_run_again_shortly_before_the_token_ends_or_when_it_is_refused()
    {
        FakeTimeProvider clock = new(now);
        using var source = Source(clock, Jwt(now.AddHours(1)));

        var first = await source.GetTokenAsync(Token);
        Assert.Equal(first, await source.GetTokenAsync(Token));
        clock.SetUtcNow(now.AddMinutes(58.9));
        await source.GetTokenAsync(Token);
        Assert.Equal(1, Runs);
        clock.SetUtcNow(now.AddMinutes(59.1));
        await source.GetTokenAsync(Token);
        Assert.Equal(2, Runs);

        clock.AdjustTime(now);
        source.Invalidate("another");
        await source.GetTokenAsync(Token);
        Assert.Equal(2, Runs);
        source.Invalidate(first);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => source.GetTokenAsync(Token).AsTask()));
        Assert.Equal(3, Runs);
    }

    [Fact]
    public async Task What_is_no_JWT_is_asked_for_each_minute()
    {
        FakeTimeProvider clock = new(now);
        using var source = Source(clock, "opaque");
        await source.GetTokenAsync(Token);
        clock.SetUtcNow(now.AddSeconds(59));
        await source.GetTokenAsync(Token);
        Assert.Equal(1, Runs);
        clock.SetUtcNow(now.AddSeconds(61));
        await source.GetTokenAsync(Token);
        Assert.Equal(2, Runs);
    }

    [Theory]
    [InlineData("exit 7", "ended with 7")]
    [InlineData("true", "one access token")]
    [InlineData("echo two words", "one access token")]
    [InlineData("head -c 40000 /dev/zero | tr '\\0' x", "one access token")]
    public async Task A_command_that_prints_no_token_is_told_without_what_it_printed(string command, string message)
    {
        using CommandTokenSource source = new(command, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<DmpAuthenticationException>(() => source.GetTokenAsync(Token).AsTask());
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("words", refused.Message, StringComparison.Ordinal);
    }

    private int Runs => File.ReadAllLines(Path.Combine(directory, "runs")).Length;

    private CommandTokenSource Source(FakeTimeProvider clock, string token) => new($"echo x >> '{directory}/runs'; echo {token}", clock);

    private static string Jwt(DateTimeOffset end) =>
        $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            FormattableString.Invariant($$"""{"exp":{{end.ToUnixTimeSeconds()}}}""")))}.x";
}
