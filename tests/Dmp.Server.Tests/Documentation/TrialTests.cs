using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dmp.Server.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>
/// docs/trial.md, typed as it stands there: a server in Production with an authority, an issuer and keys of its own, on this machine.
/// </summary>
public sealed partial class TrialTests(Platform platform) : IAsyncDisposable
{
    // What the page says of each: run, needs root, built already, where the program is.
    private static readonly string[] fences = ["", "sh", "sh root", "sh build", "sh grpcurl", "nginx"];

    // Half a minute on a quiet machine.
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(6);

    private readonly string folder = Directory.CreateTempSubdirectory("dmp-trial-").FullName;
    private readonly string database = $"dmp_trial_{Guid.CreateVersion7():N}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Trial => Path.Combine(folder, "trial");

    /// <summary>What a page that broke off has left.</summary>
    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"drop database if exists {database} with (force)");
        await ExecuteAsync($"drop role if exists {database}_server");
        await ExecuteAsync($"drop role if exists {database}_owner");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_the_page_says_can_be_typed_and_is_seen()
    {
        foreach (var program in (string[])["openssl", "curl", "psql"])
        {
            Assert.SkipUnless((await BashAsync($"command -v {program}")).Code == 0, $"{program} is not on this machine");
        }

        var page = Repository.Read("docs/trial.md");
        var (code, output) = await BashAsync(Script(page));

        Assert.True(code == 0, output);
        Assert.Contains("server.pem: OK", output, StringComparison.Ordinal);
        Assert.Contains("Hosting environment: Production", output, StringComparison.Ordinal);
        Assert.Contains("\nreadyz 200\n", output, StringComparison.Ordinal);

        // The answer that the page shows, with other ids.
        var shown = Fence().Matches(page)
            .Single(fence => fence.Groups["text"].Value.StartsWith("record ", StringComparison.Ordinal)).Groups["text"].Value;
        Assert.Matches(Id().Replace(Regex.Escape(shown), Id().ToString()), output);

        Assert.Contains("\nUnauthenticated TOKEN_SIGNATURE_INVALID ", output, StringComparison.Ordinal);
        Assert.Contains("\nrefused, exit code 1\n", output, StringComparison.Ordinal);
        foreach (var method in (string[])
        [
            "RecordService/OpenRecord", "ConsentService/DeclareConsent", "DocumentService/UploadDocument", "DocumentService/ReadDocument",
        ])
        {
            Assert.Matches($@"\n\S+ \S+ Allowed dmp\.\w+\.v1\.{method} by Alice MARTIN with trial, Trial/1\.0\n", output);
        }

        Assert.Matches(@"\n\S+ \S+ Refused \S+ TOKEN_SIGNATURE_INVALID by nobody, [1-9]\d* in all from [0-9a-f.:]+, Trial/1\.0\n", output);
        Assert.Matches(
            @"\n[1-9]\d* events, 0 retired, \d+ not in the log yet; [1-9]\d* leaves, [1-9]\d* checkpoints: verified\.\n", output);

        Assert.False(Directory.Exists(Trial));
        Assert.Empty(Processes());
        Assert.Equal(0L, await ExecuteAsync($"select count(*) from pg_roles where rolname like '{database}%'"));
        Assert.Equal(0L, await ExecuteAsync($"select count(*) from pg_database where datname = '{database}'"));
    }

    /// <summary>The commands of the page, in their order, each with its line for whoever reads why they failed.</summary>
    private static string Script(string page)
    {
        StringBuilder script = new(
            """
            set -euo pipefail
            at_end() {
              local code=$?
              [[ $code == 0 ]] || tail -n 20 "$TRIAL"/*.log
              kill $(jobs -p) 2>/dev/null || true
              wait
              exit "$code"
            }
            trap at_end EXIT

            """);
        foreach (Match fence in Fence().Matches(page))
        {
            var tag = fence.Groups["tag"].Value;
            Assert.Contains(tag, fences);
            if (tag is "sh" or "sh grpcurl")
            {
                var line = 2 + page.AsSpan(0, fence.Index).Count('\n');
                script.Append(CultureInfo.InvariantCulture, $"echo '# docs/trial.md:{line}'\n");
                var command = fence.Groups["text"].Value;
                script.Append(tag == "sh" ? command : $"if command -v grpcurl >/dev/null; then\ncd '{Repository.Root}'\n{command}fi\n");
            }
        }

        return script.ToString();
    }

    private async Task<(int Code, string Output)> BashAsync(string script)
    {
        var file = Path.Combine(folder, "page.sh");
        await File.WriteAllTextAsync(file, script, Token);
        var start = new ProcessStartInfo("bash", ["-c", "exec bash \"$0\" 2>&1", file])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in Variables())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(limit);
        StringBuilder output = new();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                output.Append(line).Append('\n');
            }

            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, output.ToString());
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            return (-1, $"{output}\nIt did not end within {limit}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>
    /// What the page lets others choose: places, ports, programs that are built already, and the PostgreSQL of the tests.
    /// </summary>
    private Dictionary<string, string> Variables()
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var admin = new NpgsqlConnectionStringBuilder(platform.Databases.AdminOf("postgres"));
        var port = admin.Port.ToString(CultureInfo.InvariantCulture);
        Dictionary<string, string> variables = new()
        {
            ["TRIAL"] = Trial,
            ["TRIAL_HOST"] = Host(),
            ["TRIAL_SERVER"] = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Dmp.Server", build)),
            ["TRIAL_CLI"] = AppContext.BaseDirectory,
            ["TRIAL_CLIENT"] = AppContext.BaseDirectory,
            ["TRIAL_DB"] = database,
            ["TRIAL_DB_HOST"] = admin.Host!,
            ["TRIAL_DB_PORT"] = port,
            ["TRIAL_ADMIN"] = "psql",
            ["PGHOST"] = admin.Host!,
            ["PGPORT"] = port,
            ["PGUSER"] = admin.Username!,
            ["PGPASSWORD"] = admin.Password ?? "",
            ["PGDATABASE"] = "postgres",
        };
        string[] ports = ["TRIAL_GRPC_PORT", "TRIAL_PROBE_PORT", "TRIAL_ISSUER_PORT"];
        for (var i = 0; i < ports.Length; i++)
        {
            variables[ports[i]] = QuietPort(20000 + (3000 * i)).ToString(CultureInfo.InvariantCulture);
        }

        return variables;
    }

    /// <summary>
    /// A port that nobody has, below those that the kernel gives to outgoing connections: it is used only when the page comes to it, and
    /// one of those may be somebody's by then.
    /// </summary>
    private static int QuietPort(int from)
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(from, from + 3000);
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }

    /// <summary>The name of this machine, where it leads to it; else an address that is not loopback.</summary>
    private static string Host()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .ToList();
        var name = Dns.GetHostName();
        try
        {
            if (!name.StartsWith("localhost", StringComparison.OrdinalIgnoreCase)
                && Dns.GetHostAddresses(name) is [_, ..] found
                && found.All(address => IPAddress.IsLoopback(address) || own.Contains(address)))
            {
                return name;
            }
        }
        catch (SocketException)
        {
            // Nobody knows the name, not even this machine.
        }

        var outside = own.Find(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assert.SkipUnless(
            outside is not null,
            "this machine has neither a name that it knows nor an address beside loopback, so no issuer can be trusted");
        return outside!.ToString();
    }

    /// <summary>Processes that began in the page: they have its variables.</summary>
    private List<string> Processes() =>
    [
        .. Directory.GetDirectories("/proc")
            .Where(process => Read(Path.Combine(process, "environ")).Contains($"TRIAL={Trial}", StringComparison.Ordinal))
            .Select(process => Read(Path.Combine(process, "cmdline"))),
    ];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Replace('\0', ' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf("postgres"));
        await connection.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(CancellationToken.None);
    }

    [GeneratedRegex(@"^ *```(?<tag>[^\n`]*)\n(?<text>.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Id();
}
