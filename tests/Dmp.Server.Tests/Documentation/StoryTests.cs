using System.Diagnostics;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>What ./run plays to a newcomer, and the example of the README.</summary>
public sealed class StoryTests(Platform platform)
{
    [Fact]
    public async Task The_story_holds_and_can_be_told_twice()
    {
        await using var server = await TestServer.StartAsync(platform, TestServer.WithIssuer);
        var mailbox = Path.Combine(Path.GetDirectoryName(server.ContentDirectory)!, "mailbox");
        for (var time = 0; time < 2; time++)
        {
            var (code, output) = await RunAsync(
                "Dmp.Story.dll", "--demo", "--address", server.Address.ToString(),
                "--issuer", server.SandboxIssuer.ToString(), "--mailbox", mailbox);
            Assert.True(code == 0, output);
            Assert.Contains("Le dossier médical partagé associé à cette adresse a été ouvert en urgence", output, StringComparison.Ordinal);
            Assert.Equal("demo: 12 documents in, 12 out, 34 checks held", output.TrimEnd().Split('\n')[^1].TrimEnd());
        }
    }

    [Fact]
    public async Task The_story_takes_a_folder_of_documents_about_other_patients()
    {
        var folder = SharedSamples.Folder("samples/cda");
        var count = Directory.GetFiles(folder).Length + 12;
        await using var server = await TestServer.StartAsync(platform, TestServer.WithIssuer);
        for (var time = 0; time < 2; time++)
        {
            var (code, output) = await RunAsync(
                "Dmp.Story.dll", "--demo", "--samples", folder, "--address", server.Address.ToString(), "--issuer",
                server.SandboxIssuer.ToString());
            Assert.True(code == 0, output);
            Assert.Equal($"demo: {count} documents in, {count} out, 34 checks held", output.TrimEnd().Split('\n')[^1].TrimEnd());
        }
    }

    [Fact]
    public async Task A_story_that_does_not_hold_says_so()
    {
        // A platform on which nobody listens.
        var (code, output) = await RunAsync(
            "Dmp.Story.dll", "--demo", "--address", $"http://127.0.0.1:{TestServer.FreePort()}", "--issuer", "http://127.0.0.1:9/");
        Assert.Equal(1, code);
        Assert.Contains("FAIL", output, StringComparison.Ordinal);
        Assert.EndsWith("FAILED", output.TrimEnd(), StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
