using Dmp.Record.V1;
using Microsoft.AspNetCore.Http;

namespace Dmp.Client.Tests;

public sealed class TokenTests : IAsyncLifetime
{
    private int _issued;
    private ScriptedPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await ScriptedPlatform.StartAsync();
        _platform.Token = async context =>
        {
            var form = await context.Request.ReadFormAsync();
            if (form["client_secret"] != "sandbox" || form["client_id"] != "dr-martin" || form["grant_type"] != "client_credentials")
            {
                context.Response.StatusCode = 401;
                await context.Response.WriteAsJsonAsync(new { error = "invalid_client", error_description = $"not {form["client_secret"]}" });
                return;
            }
            await Task.Delay(20);
            await context.Response.WriteAsJsonAsync(new { access_token = $"t-{Interlocked.Increment(ref _issued)}", expires_in = 600, token_type = "Bearer" });
        };
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task Many_calls_at_once_cost_one_token()
    {
        using var source = Source();

        var tokens = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => source.GetTokenAsync(Ct).AsTask()));

        Assert.All(tokens, token => Assert.Equal("t-1", token));
        Assert.Equal(1, _issued);
    }

    [Fact]
    public async Task A_token_is_renewed_shortly_before_it_expires()
    {
        var clock = new MovedClock();
        using var source = Source(time: clock);

        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        clock.Now += TimeSpan.FromSeconds(539);
        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        clock.Now += TimeSpan.FromSeconds(2);
        Assert.Equal("t-2", await source.GetTokenAsync(Ct));
    }

    [Fact]
    public async Task Only_the_refused_token_is_dropped()
    {
        using var source = Source();
        await source.GetTokenAsync(Ct);

        source.Invalidate("t-0");
        Assert.Equal("t-1", await source.GetTokenAsync(Ct));
        source.Invalidate("t-1");
        source.Invalidate("t-1");
        Assert.Equal("t-2", await source.GetTokenAsync(Ct));
    }

    [Fact]
    public async Task A_refused_client_is_told_without_its_secret_also_through_a_call()
    {
        using var source = Source(secret: "very-secret");

        var failure = await Assert.ThrowsAsync<DmpAuthenticationException>(() => source.GetTokenAsync(Ct).AsTask());
        Assert.Contains("invalid_client", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", failure.ToString(), StringComparison.Ordinal);

        using var client = _platform.Client(options => options.Tokens = source);
        var wrapped = await Assert.ThrowsAsync<DmpAuthenticationException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
        Assert.Contains("invalid_client", wrapped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_out_of_reach_is_unavailable_and_asked_again()
    {
        var answers = 0;
        var token = _platform.Token!;
        _platform.Token = context =>
        {
            if (++answers == 1)
            {
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            }
            return token(context);
        };
        _platform.CheckAccess = (_, _) => Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        using var source = Source();
        using var client = _platform.Client(options => options.Tokens = source);

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        Assert.Equal(2, answers);

        using var nobody = new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = new Uri("http://127.0.0.1:1/"), ClientId = "a", ClientSecret = "b" });
        await Assert.ThrowsAsync<DmpUnavailableException>(() => nobody.GetTokenAsync(Ct).AsTask());
    }

    [Fact]
    public async Task A_discovery_document_of_another_issuer_is_refused()
    {
        _platform.IssuerNamed = "https://elsewhere.example/";
        using var source = Source();

        await Assert.ThrowsAsync<DmpAuthenticationException>(() => source.GetTokenAsync(Ct).AsTask());

        Assert.Equal(0, _issued);
    }

    [Fact]
    public void Secrets_and_tokens_never_travel_in_plain_text_over_a_network()
    {
        Assert.Throws<ArgumentException>(() => new ClientCredentialsTokenSource(
            new ClientCredentialsOptions { Issuer = new Uri("http://issuer.example/"), ClientId = "a", ClientSecret = "b" }));
        var failure = Assert.Throws<InvalidOperationException>(() => _platform.Client(options => options.Address = new Uri("http://dmp.example")));
        Assert.Contains("https", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_do_not_print_the_secret() => Assert.DoesNotContain(
        "b-secret",
        new ClientCredentialsOptions { Issuer = new Uri("https://issuer.example/"), ClientId = "a", ClientSecret = "b-secret" }.ToString(),
        StringComparison.Ordinal);

    private ClientCredentialsTokenSource Source(string secret = "sandbox", TimeProvider? time = null) =>
        new(new ClientCredentialsOptions { Issuer = _platform.Issuer, ClientId = "dr-martin", ClientSecret = secret }, time: time);

    private sealed class MovedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
