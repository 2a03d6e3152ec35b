using System.Diagnostics;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
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
            Assert.Equal("demo: 12 documents in, 12 out, 44 checks held", output.TrimEnd().Split('\n')[^1].TrimEnd());
        }

        await AssertAsTheyCameAsync(server.Services.GetRequiredService<NpgsqlDataSource>());
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
            Assert.Equal($"demo: {count} documents in, {count} out, 44 checks held", output.TrimEnd().Split('\n')[^1].TrimEnd());
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

    /// <summary>The pool resets nothing: role, settings, locks and channels of a call end with its transaction or batch.</summary>
    private static async Task AssertAsTheyCameAsync(NpgsqlDataSource source)
    {
        // All but that of the listener, and one for the jobs.
        List<NpgsqlConnection> connections = [];
        for (var i = 0; i < 3; i++)
        {
            connections.Add(await source.OpenConnectionAsync(TestContext.Current.CancellationToken));
        }

        foreach (var connection in connections)
        {
            await using var command = new NpgsqlCommand(
                """
                select concat_ws(' ',
                    case when current_user <> session_user then current_user end,
                    -- The name is set anew by a pooler for whoever it gives the session to.
                    (select string_agg(name || '=' || setting, ' ')
                        from pg_settings where source = 'session' and name <> 'application_name'),
                    (select string_agg('lock', ' ') from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
                    (select string_agg(c, ' ') from pg_listening_channels() c),
                    nullif(concat(
                        current_setting('dmp.record', true), current_setting('dmp.records', true), current_setting('dmp.ins', true),
                        current_setting('dmp.actors', true), current_setting('dmp.caller', true), current_setting('dmp.code', true),
                        current_setting('dmp.call', true)), ''))
                """,
                connection);
            Assert.Equal("", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
            await connection.DisposeAsync();
        }
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
