using System.Diagnostics;
using System.Globalization;
using Dmp.Server.Tests.Fixtures;
using Xunit;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp import</c> that is stopped, killed or made again: nothing is lost, and nothing is there twice.</summary>
public sealed class ImportResumeTests(Platform platform)
{
    private static CancellationToken Token => CommandHome.Token;

    [Fact]
    public async Task The_same_command_again_adds_nothing()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", CdaOf(record).Bytes);
        home.Put("in/b.txt", "Bonjour"u8.ToArray());
        home.Put("in/b.txt.json", Sidecar(record.Patient.Ins));
        Assert.Equal((0, "2 stored.\n", $"Report: {home.Report}\n"), await CommandHome.RunAsync(home.Import(home.PathOf("in"))));
        var first = home.Rows();

        Assert.Equal((0, "2 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(first.Values.Select(row => row.DocumentId).Order(), home.Rows().Values.Select(row => row.DocumentId).Order());
        Assert.Equal(2, (await platform.StoredAsync(record)).Count);

        // Without its resume file a document is still recognised by its own identifier; one that has none is another one.
        File.Delete(home.Resume);
        Assert.Equal((0, "1 stored, 1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(first["a.xml"].DocumentId, home.Rows()["a.xml"].DocumentId);
        Assert.Equal(3, (await platform.StoredAsync(record)).Count);

        // Other bytes under the identifier are told.
        File.Delete(home.Resume);
        home.Put("in/a.xml", (CdaOf(record) with
        {
            Title = "Une autre",
            Id = (await platform.StoredAsync(record)).Single(found => found.Metadata.MediaType == "text/xml").Metadata.UniqueId,
        }).Bytes);
        Assert.Equal(1, (await CommandHome.RunAsync(home.Import(home.PathOf("in/"), "--streams", "1"))).Code);
        Assert.Equal(("refused", "UNIQUE_ID_TAKEN"), (home.Rows()["a.xml"].Outcome, home.Rows()["a.xml"].Reason));
    }

    [Fact]
    public async Task A_run_that_is_killed_in_the_middle_goes_on_and_adds_nothing_twice()
    {
        const int Count = 120;
        var record = await platform.RecordAsync();
        await using var line = new BreakingLine(platform.Server.Address);
        using CommandHome home = new(line.Address, platform.Callers.Token(record.Physician));
        for (var i = 0; i < Count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"in/{i:000}");
            if (i % 2 == 0)
            {
                home.Put($"{name}.xml", CdaOf(record).Bytes);
            }
            else
            {
                home.Put($"{name}.txt", Given.Text());
                home.Put($"{name}.txt.json", Sidecar(record.Patient.Ins));
            }
        }

        string[] command = home.Import(home.PathOf("in"), "--streams", "3");
        for (var round = 0; round < 3; round++)
        {
            // A quarter more of it arrives, so that the run cannot be over.
            line.HoldAfter = line.Forwarded + (Count / 8 * CdaOf(record).Bytes.Length);
            using var process = CommandHome.Start(command);
            await Waiting.UntilAsync(() => process.HasExited || StoredIn(home.Report) >= 5);
            Assert.False(process.HasExited);
            process.Kill();
            await process.WaitForExitAsync(Token);

            // The line does not see that its end is gone while it holds what came from there; the server would wait for it.
            line.Cut();
            File.Delete(home.Report);
        }

        line.Release();
        Assert.Equal(0, (await CommandHome.RunAsync(command)).Code);

        Assert.Equal(Count, home.Rows().Count);
        Assert.All(home.Rows().Values, row => Assert.True(row.Outcome is "stored" or "already"));
        var stored = await platform.StoredAsync(record);
        Assert.Equal(Count, stored.Count);
        Assert.Equal(stored.Select(document => document.DocumentId).Order(), home.Rows().Values.Select(row => row.DocumentId).Order());
        Assert.Equal((0, $"{Count} already.\n"), Short(await CommandHome.RunAsync(command)));
    }

    [Fact]
    public async Task A_run_that_is_asked_to_stop_says_so_and_goes_on_later()
    {
        const int Count = 200;
        var record = await platform.RecordAsync();
        var content = CdaOf(record).Bytes.Length;

        // Half of it arrives, so that the run cannot be over.
        await using var line = new BreakingLine(platform.Server.Address) { HoldAfter = Count / 2 * content };
        using CommandHome home = new(line.Address, platform.Callers.Token(record.Physician));
        for (var i = 0; i < Count; i++)
        {
            home.Put(string.Create(CultureInfo.InvariantCulture, $"in/{i:000}.xml"), CdaOf(record).Bytes);
        }

        string[] command = home.Import(home.PathOf("in"), "--streams", "2");
        using var process = CommandHome.Start(command);
        await Waiting.UntilAsync(() => process.HasExited || StoredIn(home.Report) >= 5);
        Assert.False(process.HasExited);
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(Token);
        Assert.Equal(3, process.ExitCode);
        Assert.Contains("Stopped.", await process.StandardError.ReadToEndAsync(Token), StringComparison.Ordinal);

        line.Release();
        Assert.Equal(0, (await CommandHome.RunAsync(command)).Code);
        Assert.Equal(Count, (await platform.StoredAsync(record)).Count);
    }

    [Fact]
    public async Task A_resume_file_is_for_one_caller_and_survives_a_torn_line()
    {
        var record = await platform.RecordAsync();
        using var home = HomeOf(record.Physician);
        home.Put("in/a.xml", CdaOf(record).Bytes);
        home.Put("other/a.xml", CdaOf(record).Bytes);
        Assert.Equal(0, (await CommandHome.RunAsync(home.Import(home.PathOf("in")))).Code);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home.Resume));
        }


        // A source that was moved goes on, and another one of the same names is another one.
        Directory.Move(home.PathOf("in"), home.PathOf("moved"));
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("moved")))));
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("other")))));
        Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("moved")))));
        Directory.Move(home.PathOf("moved"), home.PathOf("in"));

        var whole = await File.ReadAllTextAsync(home.Resume, Token);
        foreach (var torn in (string[])[whole + "{\"file\":\"a.x", whole.TrimEnd('\n'), whole + "\n"[..0]])
        {
            await File.WriteAllTextAsync(home.Resume, torn, Token);
            Assert.Equal((0, "1 already.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
            Assert.Equal(whole, await File.ReadAllTextAsync(home.Resume, Token));
        }

        // Cut before the answer was written down: asked again, and answered the same document.
        var lines = whole.Split('\n');
        await File.WriteAllTextAsync(home.Resume, string.Join('\n', lines[..2]) + "\n", Token);
        Assert.Equal((0, "1 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in")))));
        Assert.Equal(2, (await platform.StoredAsync(record)).Count);

        await File.WriteAllTextAsync(
            home.Resume, whole.Replace(platform.Server.Address.ToString(), "https://dmp.example/", StringComparison.Ordinal), Token);
        var other = await CommandHome.RunAsync(home.Import(home.PathOf("in")));
        Assert.Equal((1, ""), Short(other));
        Assert.Contains("hold for one caller only", other.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(home.Resume, "{}\nnonsense\n{}\n", Token);
        Assert.Contains("damaged", (await CommandHome.RunAsync(home.Import(home.PathOf("in")))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_takes_no_token_ends_the_run_and_leaves_the_rest_for_the_next()
    {
        var record = await platform.RecordAsync();
        using CommandHome home = new(platform.Server, "no-token");
        for (var i = 0; i < 20; i++)
        {
            home.Put($"in/{i}.txt", "x"u8.ToArray());
            home.Put($"in/{i}.txt.json", Sidecar(null));
        }

        var run = await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id, "--streams", "2"));

        Assert.Equal((3, "20 failed.\n"), Short(run));

        // What was on its way was refused, and the rest, if the refusal was faster, not sent.
        var reasons = home.Rows().Values.Select(row => row.Reason).Distinct().ToList();
        Assert.Contains("TOKEN_MALFORMED", reasons);
        Assert.Subset(new HashSet<string?> { "NOT_SENT", "TOKEN_MALFORMED" }, reasons.ToHashSet<string?>());
        await File.WriteAllTextAsync(home.PathOf("token"), platform.Callers.Token(record.Physician), Token);
        Assert.Equal((0, "20 stored.\n"), Short(await CommandHome.RunAsync(home.Import(home.PathOf("in"), "--record", record.Id))));
    }

    private CommandHome HomeOf(TestProfessional professional) => new(platform.Server, platform.Callers.Token(professional));

    private static int StoredIn(string report) => File.Exists(report) ? File.ReadAllText(report).Split(",stored,").Length - 1 : 0;
}
