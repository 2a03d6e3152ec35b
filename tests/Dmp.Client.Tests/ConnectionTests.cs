using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Dmp.Record.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dmp.Client.Tests;

/// <summary>The ways to a platform as they are in a hospital: a proxy, an authority of one's own, an address that is dead.</summary>
public sealed class ConnectionTests
{
    private const string ChildAddress = "DMP_TEST_PROXIED_ADDRESS";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_told_as_TLS_and_not_repeated()
    {
        using var authority = TestAuthority.New();
        await using var platform = await ScriptedPlatform.StartAsync(authority.Server);
        var retries = 0;
        using var client = platform.Client(options => options.Retrying = _ => retries++);

        var failure = await Assert.ThrowsAsync<DmpTlsException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.StartsWith(
            $"TLS with the platform at https://127.0.0.1:{platform.Address.Port} failed: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("PartialChain", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, retries);

        // The generated clients answer a status of gRPC, in the same words.
        var status = await Assert.ThrowsAsync<RpcException>(
            async () => await client.Records.CheckAccessAsync(new CheckAccessRequest(), cancellationToken: Ct));
        Assert.Contains("PartialChain", status.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_of_ones_own_is_named_in_the_handler()
    {
        using var authority = TestAuthority.New();
        await using var platform = await ScriptedPlatform.StartAsync(authority.Server);
        platform.CheckAccess = (_, _) => Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        using var client = platform.Client(options => options.HttpHandler = Trusting(authority));

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
    }

    [Fact]
    public async Task An_address_where_nobody_answers_is_named()
    {
        using var client = new DmpClient(new DmpClientOptions
        {
            Address = new Uri("http://127.0.0.1:1"),
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1")),
            AttemptsMax = 2,
        });

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.StartsWith("The platform at http://127.0.0.1:1 cannot be reached: ", failure.Message, StringComparison.Ordinal);
        var status = await Assert.ThrowsAsync<RpcException>(
            async () => await client.Records.CheckAccessAsync(new CheckAccessRequest(), cancellationToken: Ct));
        Assert.Equal(StatusCode.Unavailable, status.StatusCode);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_named()
    {
        using var client = new DmpClient(new DmpClientOptions
        {
            Address = new Uri("https://dmp.invalid"),
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1")),
            HttpHandler = new SocketsHttpHandler { UseProxy = false },
            AttemptsMax = 1,
        });

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.Equal("The platform at https://dmp.invalid cannot be reached: its name is not known.", failure.Message);
    }

    [Fact]
    public async Task A_proxy_of_the_handler_is_used()
    {
        using var authority = TestAuthority.New();
        await using var platform = await ScriptedPlatform.StartAsync(authority.Server);
        platform.CheckAccess = (_, _) => Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        await using var proxy = await ProxyProcess.StartAsync();
        using var client = platform.Client(options =>
        {
            var handler = Trusting(authority);
            handler.Proxy = new WebProxy(proxy.Address);
            options.HttpHandler = handler;
        });

        Assert.Equal("r-1", (await client.CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        await proxy.AssertAskedForAsync(platform.Address);
    }

    [Fact]
    public async Task A_proxy_of_dependency_injection_is_used_and_no_header_is_logged()
    {
        using var authority = TestAuthority.New();
        await using var platform = await ScriptedPlatform.StartAsync(authority.Server);
        platform.CheckAccess = (_, _) => Task.FromResult(new CheckAccessResponse { RecordId = "r-1" });
        await using var proxy = await ProxyProcess.StartAsync();
        using var log = new FakeLoggerProvider();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        services.AddDmpClient(options =>
        {
            options.Address = platform.Address;
            options.Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-of-a-person"));
        }).ConfigurePrimaryHttpMessageHandler(() =>
        {
            var handler = Trusting(authority);
            handler.Proxy = new WebProxy(proxy.Address);
            return handler;
        });
        await using var container = services.BuildServiceProvider();

        Assert.Equal("r-1", (await container.GetRequiredService<DmpClient>().CheckAccessAsync(new CheckAccessRequest(), Ct)).RecordId);
        await proxy.AssertAskedForAsync(platform.Address);
        Assert.NotEqual(0, log.Collector.Count);
        Assert.DoesNotContain(
            log.Collector.GetSnapshot(),
            line => $"{line.Message} {line.Exception}".Contains("token-of-a-person", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_proxy_that_is_dead_is_unavailable()
    {
        using var client = new DmpClient(new DmpClientOptions
        {
            Address = new Uri("https://dmp.example"),
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1")),
            HttpHandler = new SocketsHttpHandler { Proxy = new WebProxy("http://127.0.0.1:1") },
            AttemptsMax = 1,
        });

        var failure = await Assert.ThrowsAsync<DmpUnavailableException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));

        Assert.StartsWith("The platform at https://dmp.example cannot be reached: ", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The environment is read once in a process, so this takes another one: this program, with the test below.</summary>
    [Fact]
    public async Task A_proxy_of_the_environment_is_used()
    {
        using var authority = TestAuthority.New();
        await using var platform = await ScriptedPlatform.StartAsync(authority.Server);
        await using var proxy = await ProxyProcess.StartAsync();
        using var child = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "Dmp.Client.Tests"),
            ["-noColor", "-method", $"*{nameof(Through_the_proxy_of_the_environment)}"])
        {
            // Whatever the machine has itself is not meant.
            Environment =
            {
                ["HTTPS_PROXY"] = proxy.Address.AbsoluteUri,
                ["https_proxy"] = proxy.Address.AbsoluteUri,
                ["NO_PROXY"] = "",
                ["no_proxy"] = "",
                [ChildAddress] = platform.Address.AbsoluteUri,
            },
            RedirectStandardOutput = true,
        })!;
        var output = await child.StandardOutput.ReadToEndAsync(Ct);
        await child.WaitForExitAsync(Ct);

        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
        await proxy.AssertAskedForAsync(platform.Address);
    }

    [Fact]
    public async Task Through_the_proxy_of_the_environment()
    {
        var address = Environment.GetEnvironmentVariable(ChildAddress);
        Assert.SkipWhen(address is null, $"Run by {nameof(A_proxy_of_the_environment_is_used)}.");
        using var client = new DmpClient(new DmpClientOptions
        {
            Address = new Uri(address!),
            Tokens = new DelegateTokenSource(_ => ValueTask.FromResult("token-1")),
        });

        // It got as far as the certificate of the platform, which this client does not trust.
        var failure = await Assert.ThrowsAsync<DmpTlsException>(() => client.CheckAccessAsync(new CheckAccessRequest(), Ct));
        Assert.Contains("PartialChain", failure.Message, StringComparison.Ordinal);
    }

    private static SocketsHttpHandler Trusting(TestAuthority authority)
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        trust.CustomTrustStore.Add(authority.Root);
        return new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust } };
    }
}
