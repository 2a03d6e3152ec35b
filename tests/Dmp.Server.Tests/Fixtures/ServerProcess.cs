using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Grpc.Net.Client;
using Xunit;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>
/// The server as a process of its own with its private PostgreSQL, for what cannot be tried inside of the tests' own process:
/// killing it, and its memory.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan startLimit = TimeSpan.FromSeconds(120);

    // A data directory as a first start leaves it. Made once: the cluster and nine migrations, durably, take most of a start.
    private static readonly Lazy<Task<string>> template = new(MakeTemplateAsync);

    private readonly StringBuilder output = new();
    private readonly string dataDirectory;
    private readonly int grpcPort = TestServer.FreePort();
    private readonly int issuerPort = TestServer.FreePort();
    private readonly string[] settings;
    private readonly IReadOnlyDictionary<string, string> environment;
    private Process process;

    private ServerProcess(string dataDirectory, string[] settings, IReadOnlyDictionary<string, string> environment)
    {
        this.dataDirectory = dataDirectory;
        this.environment = environment;
        this.settings = settings;
        process = Start();
        Channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort}");
    }

    public GrpcChannel Channel { get; }

    public Uri Address => new($"http://127.0.0.1:{grpcPort}");

    public string ContentDirectory => Path.Combine(dataDirectory, "content");

    /// <summary>What the process wrote on its standard output and error.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    public static Task<ServerProcess> StartAsync(params string[] settings) => StartAsync(new Dictionary<string, string>(), settings);

    /// <summary>With further variables in the environment of the process.</summary>
    public static async Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string> environment, params string[] settings)
    {
        var directory = CreateDirectory();

        // With owners and modes: PostgreSQL may run as another account.
        using (var copy = Process.Start("cp", ["-a", Path.Combine(await template.Value, "."), directory]))
        {
            await copy.WaitForExitAsync();
            Assert.Equal(0, copy.ExitCode);
        }

        var server = new ServerProcess(directory, settings, environment);
        await server.WaitUntilReadyAsync();
        return server;
    }

    /// <summary>At the end of all tests.</summary>
    public static async Task DeleteTemplateAsync()
    {
        if (template.IsValueCreated)
        {
            Directory.Delete(await template.Value, recursive: true);
        }
    }

    /// <summary>The generated clients with a token of the sandbox issuer.</summary>
    public async Task<DmpApi> AsAsync(string persona) => new(Channel, await TokenAsync(persona));

    /// <summary>A token of the sandbox issuer.</summary>
    public async Task<string> TokenAsync(string persona)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = persona,
            ["client_secret"] = "sandbox",
        });
        using var response = await http.PostAsync(new Uri($"http://127.0.0.1:{issuerPort}/connect/token"), form);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    public async Task<JsonElement> UserInfoAsync(string persona)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync(persona));
        return await http.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{issuerPort}/connect/userinfo");
    }

    /// <summary>Ends the process without a warning.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>
    /// Ends the main process of the private PostgreSQL without a warning. One that was killed just before is waited for, until it has been
    /// started again.
    /// </summary>
    public Task KillPostgresAsync() => Waiting.UntilAsync(async () =>
    {
        try
        {
            using var postgres = Process.GetProcessById(await PostgresAsync());
            postgres.Kill();
            return true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    });

    /// <summary>Sends a signal to all processes of the private PostgreSQL.</summary>
    public async Task SignalPostgresAsync(string signal)
    {
        var postgres = await PostgresAsync();
        var children = await File.ReadAllTextAsync($"/proc/{postgres}/task/{postgres}/children");
        string[] all = [$"{postgres}", .. children.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        using var kill = Process.Start("kill", [$"-{signal}", .. all]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop, as a service manager does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();

    public async Task<int> WaitForExitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Starts it again on the same data and ports.</summary>
    public async Task RestartAsync()
    {
        process.Dispose();
        process = Start();
        await WaitUntilReadyAsync();
    }

    /// <summary>Peak of the resident memory in bytes since the last reset.</summary>
    public long ReadPeakMemory() => ReadStatus("VmHWM");

    public long ReadMemory() => ReadStatus("VmRSS");

    /// <summary>Lets the kernel measure the peak anew.</summary>
    public void ResetPeakMemory() =>
        File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/clear_refs"), "5");

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(dataDirectory, recursive: true);
    }

    private static string CreateDirectory()
    {
        var directory = Directory.CreateTempSubdirectory("dmp-process-").FullName;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return directory;
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var server = new ServerProcess(CreateDirectory(), [], new Dictionary<string, string>());
        await server.WaitUntilReadyAsync();
        await server.EndAsync();
        return server.dataDirectory;
    }

    private async Task EndAsync()
    {
        Channel.Dispose();
        if (process.HasExited)
        {
            // Killed: PostgreSQL runs on without its server, and the next server takes it over and stops it in order.
            await RestartAsync();
        }

        Terminate();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Dmp.Server.dll"), "--environment=Sandbox", .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Dmp__DataDirectory"] = dataDirectory;
        start.Environment["Dmp__Listen__GrpcPort"] = grpcPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["Dmp__Listen__SandboxIssuerPort"] = issuerPort.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = Process.Start(start)!;
        started.OutputDataReceived += (_, line) => Append(line.Data);
        started.ErrorDataReceived += (_, line) => Append(line.Data);
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }

    private void Append(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private async Task<int> PostgresAsync() => int.Parse(
        (await File.ReadAllLinesAsync(Path.Combine(dataDirectory, "postgres", "data", "postmaster.pid"))).FirstOrDefault("0"),
        CultureInfo.InvariantCulture);

    private async Task WaitUntilReadyAsync()
    {
        using var http = new HttpClient();
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await http.GetStringAsync(new Uri($"http://127.0.0.1:{issuerPort}/.well-known/openid-configuration"));
                return;
            }
            catch (HttpRequestException) when (!process.HasExited && Stopwatch.GetElapsedTime(begin) < startLimit)
            {
                await Task.Delay(50);
            }
            catch (HttpRequestException)
            {
                throw new InvalidOperationException($"The server does not start:\n{Output}");
            }
        }
    }

    private long ReadStatus(string name)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/status"))
            .First(text => text.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
