using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Startup;

/// <summary>What an operator can set right is one sentence and an exit code, and never a stack trace.</summary>
public sealed partial class StartupRefusalTests(Platform platform) : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-refusal-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData("Dmp:Identity:Issuers is empty", "--Dmp:Sandbox:Issuer=false")]
    [InlineData("Dmp:Listen:GrpcPort", "--Dmp:Listen:GrpcPort=many")]
    [InlineData("Dmp:Upload:StallSecondsMax", "--Dmp:Upload:StallSecondsMax=never")]
    [InlineData("The database cannot be used", "--Dmp:Database:ConnectionString=Host=127.0.0.1;Port=1;Username=x;Password=y")]
    [InlineData("There is no database", "--Dmp:Database:ConnectionString=Host=nowhere.invalid;Username=x;Password=y")]
    [InlineData("/nowhere/tls.crt (Dmp:Listen:CertificatePath", "--Dmp:Listen:CertificatePath=/nowhere/tls.crt")]
    public async Task The_server_says_what_is_wrong(string sentence, string setting) =>
        await AssertRefusedAsync(sentence == "There is no database" ? "The database cannot be used" : sentence, setting);

    [Fact]
    public async Task A_wrong_password_is_told()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("DMP_TEST_POSTGRES") is { Length: > 0 }, "That PostgreSQL may ask for no password.");
        var right = platform.Databases.RuntimeOf(platform.Server.Database);
        var wrong = new Npgsql.NpgsqlConnectionStringBuilder(right) { Password = "wrong-one" };
        var output = await AssertRefusedAsync("28P01", $"--Dmp:Database:ConnectionString={wrong.ConnectionString}");
        Assert.DoesNotContain("wrong-one", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_told()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await AssertRefusedAsync(port, $"--Dmp:Listen:GrpcPort={port}");
    }

    [Fact]
    public async Task The_migrator_in_the_folder_of_the_server_starts()
    {
        var folder = Path.GetFullPath(
            Path.Combine(AppContext.BaseDirectory, "..", "..", "Dmp.Server", new DirectoryInfo(AppContext.BaseDirectory).Name));
        var (code, output) = await RunAsync(
            Path.Combine(folder, "Dmp.Migrator.dll"), "status", "--connection", platform.Databases.AdminOf(platform.Server.Database));
        Assert.Contains("applied 0001_create_roles.sql", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    private async Task<string> AssertRefusedAsync(string sentence, params string[] settings)
    {
        var (code, output) = await RunAsync(
            Path.Combine(AppContext.BaseDirectory, "Dmp.Server.dll"),
            ["--environment=Sandbox", $"--Dmp:DataDirectory={directory}", "--Dmp:Listen:GrpcPort=0",
                $"--Dmp:Listen:SandboxIssuerPort={TestServer.FreePort().ToString(CultureInfo.InvariantCulture)}",
                $"--Dmp:Database:ConnectionString={platform.Databases.RuntimeOf(platform.Server.Database)}",
                .. platform.Server.SharedSettings, .. settings]);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.Contains("dmp-server does not start: ", output, StringComparison.Ordinal);
        Assert.False(Frame().IsMatch(output), output);
        Assert.Equal(1, code);
        return output;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex(@"^\s+at [A-Z]\w*\.", RegexOptions.Multiline)]
    private static partial Regex Frame();
}
