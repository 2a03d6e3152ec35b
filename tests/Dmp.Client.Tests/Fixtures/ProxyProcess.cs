using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dmp.Client.Tests.Fixtures;

/// <summary>A real proxy (tinyproxy) on loopback, through which a CONNECT leads.</summary>
public sealed class ProxyProcess : IAsyncDisposable
{
    private static readonly string? program = new[] { "/usr/bin/tinyproxy", "/usr/sbin/tinyproxy" }.FirstOrDefault(File.Exists);

    private readonly string directory = Directory.CreateTempSubdirectory("dmp-proxy-").FullName;
    private Process? process;

    public Uri Address { get; private set; } = null!;

    public static async Task<ProxyProcess> StartAsync()
    {
        Assert.SkipWhen(program is null, "tinyproxy is not installed (package tinyproxy-bin).");
        var proxy = new ProxyProcess();
        await proxy.BeginAsync(program!);
        return proxy;
    }

    /// <summary>Somebody asked the proxy for a way to this address, as the proxy writes it down.</summary>
    public async Task AssertAskedForAsync(Uri address)
    {
        var asked = $"CONNECT {address.Authority} HTTP/1.1";
        await Waiting.UntilAsync(async () => (await LogAsync()).Contains(asked, StringComparison.Ordinal), what: asked);
    }

    private async Task<string> LogAsync()
    {
        await using var log = new FileStream(Path.Combine(directory, "log"), FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(directory, recursive: true);
    }

    private async Task BeginAsync(string path)
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        var configuration = Path.Combine(directory, "proxy.conf");
        await File.WriteAllTextAsync(configuration, $"""
            Port {port}
            Listen 127.0.0.1
            Allow 127.0.0.1
            Timeout 60
            MaxClients 20
            LogFile "{directory}/log"
            LogLevel Info

            """, TestContext.Current.CancellationToken);
        process = Process.Start(
            new ProcessStartInfo(path, ["-d", "-c", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Address = new Uri($"http://127.0.0.1:{port}");
        await Waiting.UntilAsync(async () =>
        {
            Assert.False(process.HasExited, "the proxy does not start");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }
}
