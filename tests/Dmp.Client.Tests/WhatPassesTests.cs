using System.Net;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Grpc.Core;

namespace Dmp.Client.Tests;

/// <summary>What passes by itself is told from what is wrong and stays wrong.</summary>
public sealed class WhatPassesTests : IAsyncLifetime
{
    private ScriptedPlatform platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => platform = await ScriptedPlatform.StartAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Theory]
    [InlineData("CALL_LIMIT_REACHED", ErrorReason.CallLimitReached)]
    [InlineData("FEED_STREAM_LIMIT_REACHED", ErrorReason.FeedStreamLimitReached)]
    public async Task Too_many_at_once_is_repeated_and_ends_as_unavailable(string reason, ErrorReason expected)
    {
        var calls = 0;
        platform.CheckAccess =
            (_, _) => { calls++; throw Refusal.With(StatusCode.ResourceExhausted, reason, TimeSpan.FromMilliseconds(1)); };
        using var client = platform.Client(options => options.AttemptsMax = 3);

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal((expected, StatusCode.ResourceExhausted), (failure.ErrorReason, failure.StatusCode));
        Assert.Equal(TimeSpan.FromMilliseconds(1), failure.RetryAfter);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Too_many_at_once_is_waited_for()
    {
        var calls = 0;
        platform.CheckAccess = (_, _) => ++calls <= 3
            ? throw Refusal.With(StatusCode.ResourceExhausted, "CALL_LIMIT_REACHED", TimeSpan.FromMilliseconds(1))
            : Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        using var client = platform.Client();

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task Too_many_at_once_ends_with_the_budget()
    {
        var calls = 0;
        platform.Read = (_, _, _) =>
        {
            calls++;
            throw Refusal.With(StatusCode.ResourceExhausted, "CALL_LIMIT_REACHED", TimeSpan.FromHours(1));
        };
        using var client = platform.Client();

        await Assert.ThrowsAsync<DmpUnavailableException>(
            () => client.DownloadAsync("r-1", "doc-1", new MemoryStream(), cancellationToken: Ct));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData("MESSAGE_TOO_LARGE")]
    [InlineData("DOCUMENT_TOO_LARGE")]
    [InlineData("IMPORT_WINDOW_EXCEEDED")]
    public void Too_large_stays_too_large(string reason) =>
        Assert.IsType<DmpInvalidRequestException>(DmpException.From(Refusal.With(StatusCode.ResourceExhausted, reason)));

    [Fact]
    public async Task A_wrong_address_of_an_issuer_ends_the_call_at_once()
    {
        List<DmpRetry> told = [];
        using var source = new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = new Uri(platform.Issuer, "realms/wrong"), ClientId = "a", ClientSecret = "b" });
        using var client = platform.Client(options => (options.Tokens, options.Retrying) = (source, told.Add));

        var failure = await Assert.ThrowsAsync<DmpAuthenticationException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Contains("HTTP 404", failure.Message, StringComparison.Ordinal);
        Assert.Empty(told);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, typeof(DmpAuthenticationException))]
    [InlineData(HttpStatusCode.Forbidden, typeof(DmpAuthenticationException))]
    [InlineData(HttpStatusCode.RequestTimeout, typeof(DmpUnavailableException))]
    [InlineData(HttpStatusCode.TooManyRequests, typeof(DmpUnavailableException))]
    [InlineData(HttpStatusCode.InternalServerError, typeof(DmpUnavailableException))]
    [InlineData(HttpStatusCode.ServiceUnavailable, typeof(DmpUnavailableException))]
    public async Task An_answer_of_the_issuer_says_whether_to_ask_again(HttpStatusCode answer, System.Type expected)
    {
        var options = new ClientCredentialsOptions { Issuer = platform.Issuer, ClientId = "a", ClientSecret = "b" };
        using var refusing = new HttpClient(new Answers(answer));
        using var discovery = new ClientCredentialsTokenSource(options, refusing);
        Assert.IsType(expected, await Xunit.Record.ExceptionAsync(() => discovery.GetTokenAsync(Ct).AsTask()));

        platform.Token = context =>
        {
            context.Response.StatusCode = (int)answer;
            return Task.CompletedTask;
        };
        using var token = new ClientCredentialsTokenSource(options);
        Assert.IsType(expected, await Xunit.Record.ExceptionAsync(() => token.GetTokenAsync(Ct).AsTask()));
    }

    [Fact]
    public void A_password_in_an_address_is_refused_and_not_shown()
    {
        var refused = Assert.Throws<InvalidOperationException>(
            () => platform.Client(options => options.Address = new Uri("https://marie:s3cret@dmp.example.fr")));
        Assert.Contains("Address", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);

        var issuer = new ClientCredentialsOptions
        {
            Issuer = new Uri("https://marie:s3cret@issuer.example.fr/realms/a"),
            ClientId = "a",
            ClientSecret = "b",
        };
        Assert.DoesNotContain(
            "s3cret", Assert.Throws<ArgumentException>(() => new ClientCredentialsTokenSource(issuer)).ToString(),
            StringComparison.Ordinal);
        Assert.Equal("a at https://issuer.example.fr/realms/a", issuer.ToString());
    }

    private sealed class Answers(HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status));
    }
}
