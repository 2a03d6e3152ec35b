using Dmp.Record.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Dmp.Client.Tests;

public sealed class DependencyInjectionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_from_the_container_calls_with_tokens_and_the_vendors_own_handler()
    {
        await using var platform = await ScriptedPlatform.StartAsync();
        platform.CheckAccess = (_, context) => Task.FromResult(new CheckAccessResponse
        {
            RecordId = $"{context.RequestHeaders.GetValue("authorization")} {context.RequestHeaders.GetValue("x-vendor")} "
                + $"{context.RequestHeaders.GetValue("user-agent")?.Split(' ')[0]}",
        });
        var services = new ServiceCollection();
        services.AddSingleton<ITokenSource>(new DelegateTokenSource(_ => ValueTask.FromResult("token-1")));
        services.AddTransient<VendorHeader>();
        services.AddDmpClient((provider, options) =>
        {
            options.Address = platform.Address;
            options.Tokens = provider.GetRequiredService<ITokenSource>();
            options.Software = "Cabinet/4.2";
        }).AddHttpMessageHandler<VendorHeader>();
        await using var container = services.BuildServiceProvider(validateScopes: true);

        using (var first = container.GetRequiredService<DmpClient>())
        {
            Assert.Equal("Bearer token-1 acme Cabinet/4.2", (await first.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        }
        // Disposing one injected client leaves the connections of the others alone.
        var second = container.GetRequiredService<DmpClient>();
        Assert.Equal("Bearer token-1 acme Cabinet/4.2", (await second.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("http://dmp.example")]
    [InlineData("ftp://127.0.0.1")]
    public void A_client_without_a_safe_address_is_not_made(string? address)
    {
        var services = new ServiceCollection();
        services.AddDmpClient(options =>
        {
            options.Address = address is null ? null : new Uri(address);
            options.Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1"));
        });
        using var container = services.BuildServiceProvider();

        Assert.Throws<InvalidOperationException>(() => container.GetRequiredService<DmpClient>());
    }

    [Fact]
    public void A_client_without_tokens_is_not_made() =>
        Assert.Throws<InvalidOperationException>(() => new DmpClient(new DmpClientOptions { Address = new Uri("https://dmp.example") }));

    private sealed class VendorHeader : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("x-vendor", "acme");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
