using System.Text.RegularExpressions;
using Dmp.Cli;
using Dmp.Interactions.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Proofs;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary><c>dmp reference</c>: editions of published files, imported, put in force and taken back.</summary>
public sealed partial class ReferenceCommandTests(Platform platform) : IDisposable
{
    private const string Effect = "L'effet de l'antivitamine K augmente.                               ";

    private static readonly string small = Path.Combine(AppContext.BaseDirectory, "Small");
    private readonly string directory = Directory.CreateTempSubdirectory("dmp-reference-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_server_answers_from_what_is_in_force_and_goes_back()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        Assert.Equal(("sandbox", "sandbox"), await EditionsAsync(api));

        await DoneAsync(
            database, "import", "medicines", small, "--edition", "m1", "--source", "ours", "--accept-faults", "--effective", "now");
        await DoneAsync(database, "import", "thesaurus", "--text", Text, "--edition", "t1", "--source", "ours", "--effective", "now");
        await Waiting.UntilAsync(async () => await EditionsAsync(api) == ("t1", "m1"));
        var report = (await api.Interactions.CheckInteractionsAsync(
            new CheckInteractionsRequest
            {
                Medicines = { new Medicine { ProductCode = "64631925" }, new Medicine { SubstanceName = "miconazole" } },
            },
            cancellationToken: Token)).Report;
        Assert.Equal("COUMADINE 5 mg, comprimé sécable", report.Medicines[0].Name);
        Assert.Single(report.Pairs[0].Findings);
        Assert.Equal("ours", report.Thesaurus.Source);
        Assert.NotNull(report.Thesaurus.EffectiveTime);

        // Another one, without that rule; and back.
        var other = FileOf(MiconazolePattern().Replace(await File.ReadAllTextAsync(Text, Token), "")
            .Replace("MICONAZOLE\n+ ANTICOAGULANTS ORAUX\n", "MICONAZOLE\n", StringComparison.Ordinal));
        await DoneAsync(database, "import", "thesaurus", "--text", other, "--edition", "t2", "--source", "ours", "--effective", "now");
        await Waiting.UntilAsync(async () => await EditionsAsync(api) == ("t2", "m1"));
        Assert.Contains("is in force from", await DoneAsync(database, "activate", "thesaurus", "t1"), StringComparison.Ordinal);
        await Waiting.UntilAsync(async () => await EditionsAsync(api) == ("t1", "m1"));
        Assert.Matches("thesaurus +t1 +in force", await DoneAsync(database, "list"));
        Assert.Matches("thesaurus +t2 +superseded", await DoneAsync(database, "list"));
    }

    [Fact]
    public async Task A_dry_run_prints_what_is_odd_and_what_changes_and_changes_nothing()
    {
        var database = await DatabaseAsync();
        await DoneAsync(database, "import", "thesaurus", "--text", Text, "--edition", "t1", "--source", "ours", "--effective", "now");
        var other = FileOf((await File.ReadAllTextAsync(Text, Token))
            .Replace($"{Effect}CONTRE-INDICATION", $"{Effect}A prendre en compte", StringComparison.Ordinal)
            .Replace("SIMVASTATINE", "ATORVASTATINE", StringComparison.Ordinal));

        var printed = await DoneAsync(
            database, "import", "thesaurus", "--text", other, "--edition", "t2", "--source", "ours", "--effective", "now", "--dry-run");

        Assert.Contains("Compared with t1", printed, StringComparison.Ordinal);
        Assert.Contains("~ ANTICOAGULANTS ORAUX x MICONAZOLE: Contraindication -> TakeIntoAccount", printed, StringComparison.Ordinal);
        Assert.Contains("+ PAMPLEMOUSSE (JUS ET FRUIT) x ATORVASTATINE: NotRecommended", printed, StringComparison.Ordinal);
        Assert.Contains("- PAMPLEMOUSSE (JUS ET FRUIT) x SIMVASTATINE: NotRecommended", printed, StringComparison.Ordinal);
        Assert.Contains("1 added, 1 removed, 1 changed.", printed, StringComparison.Ordinal);
        Assert.EndsWith("Dry run: nothing was changed.\n", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("t2", await DoneAsync(database, "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_rows_are_told_with_their_line_and_stop_an_import()
    {
        var database = await DatabaseAsync();
        string[] import = ["import", "medicines", small, "--edition", "m1", "--source", "ours"];
        var (code, output, error) = await RunAsync(database, import);
        Assert.Equal(DmpCommand.Refused, code);
        Assert.Contains("wrong     CIS_bdpm.txt:5  no code CIS comes first", output, StringComparison.Ordinal);
        Assert.Contains("1 rows are wrong. Nothing is imported", error, StringComparison.Ordinal);

        Assert.Contains("Imported, not in force", await DoneAsync(database, [.. import, "--accept-faults"]), StringComparison.Ordinal);
        Assert.Matches("medicines +m1 +imported +-", await DoneAsync(database, "list"));
        var shown = await DoneAsync(database, "show", "medicines", "m1");
        Assert.Contains("medicines m1: 4 products, 2 codes CIP. ours", shown, StringComparison.Ordinal);
        Assert.Contains("CIS_bdpm.txt:5", shown, StringComparison.Ordinal);
        Assert.Matches("(?m)^[0-9a-f]{64}  CIS_COMPO_bdpm.txt  [0-9]+ bytes$", shown);
    }

    [Fact]
    public async Task An_edition_never_changes()
    {
        var database = await DatabaseAsync();
        string[] import = ["import", "thesaurus", "--text", Text, "--edition", "t1", "--source", "ours"];
        await DoneAsync(database, import);
        Assert.Contains("from the same files", (await RunAsync(database, import)).Error, StringComparison.Ordinal);
        var other = FileOf(await File.ReadAllTextAsync(Text, Token) + "\n");
        Assert.Contains(
            "An edition never changes",
            (await RunAsync(database, "import", "thesaurus", "--text", other, "--edition", "t1", "--source", "ours")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_told()
    {
        var database = await DatabaseAsync();
        Assert.Contains(
            "There is no thesaurus t9", (await RunAsync(database, "activate", "thesaurus", "t9")).Error, StringComparison.Ordinal);
        Assert.Equal(DmpCommand.Misused, (await RunAsync(database, "show", "weather", "t9")).Code);
        Assert.Equal(
            DmpCommand.Misused, (await RunAsync(database, "import", "thesaurus", "--rules", Text, "--edition", "t", "--source", "s")).Code);
        var large = Path.Combine(directory, "large.txt");
        await using (var file = File.Create(large))
        {
            file.SetLength(PackedFile.SizeMax + 1);
        }

        Assert.Contains(
            $"large.txt: A file has more than {PackedFile.SizeMax} bytes.",
            (await RunAsync(database, "import", "thesaurus", "--text", large, "--edition", "t", "--source", "s")).Error,
            StringComparison.Ordinal);
        var none = await RunAsync(
            database, "import", "thesaurus", "--text", Path.Combine(small, "CIS_bdpm.txt"), "--edition", "t", "--source", "s");
        Assert.Equal(DmpCommand.Refused, none.Code);
        Assert.Contains("no line begins with '+ '", none.Error, StringComparison.Ordinal);
        await DoneAsync(database, "import", "thesaurus", "--text", Text, "--edition", "t1", "--source", "ours");
        var past = await RunAsync(database, "activate", "thesaurus", "t1", "--effective", "2020-01-01T00:00:00Z");
        Assert.Contains("is in the past", past.Error, StringComparison.Ordinal);
        Assert.Contains(
            "in force from 2062",
            await DoneAsync(database, "activate", "thesaurus", "t1", "--effective", "2062-01-01T00:00:00Z"),
            StringComparison.Ordinal);
        Assert.Matches("thesaurus +t1 +scheduled +2062", await DoneAsync(database, "list"));
    }

    [Fact]
    public async Task An_edition_that_cannot_be_read_takes_nothing_away_and_keeps_no_other_out()
    {
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        string[] import = ["import", "thesaurus", "--text", Text, "--source", "ours"];
        await DoneAsync(database, [.. import, "--edition", "t1", "--effective", "now"]);
        await Waiting.UntilAsync(async () => await EditionsAsync(api) == ("t1", "sandbox"));

        // As many bytes, and not those that were imported.
        await DoneAsync(database, [.. import, "--edition", "t2"]);
        await server.ExecuteAsync(
            platform,
            "update reference_file set content = set_byte(content, length(content) / 2, get_byte(content, length(content) / 2) # 1) "
            + "where edition_id = (select edition_id from reference_edition where name = 't2')");
        await DoneAsync(database, "activate", "thesaurus", "t2");
        var printed = await DoneAsync(database, [.. import, "--edition", "t3", "--effective", "now"]);
        Assert.Contains("t2, which is in force then, cannot be read and is not compared", printed, StringComparison.Ordinal);
        HashSet<string> answered = [];
        await Waiting.UntilAsync(async () =>
        {
            var (thesaurus, _) = await EditionsAsync(api);
            answered.Add(thesaurus);
            return thesaurus == "t3";
        });
        Assert.DoesNotContain("t2", answered);
    }

    /// <summary>The files as they are published: both editions of each, with what changed between them.</summary>
    [Fact]
    public async Task Published_editions_are_imported_compared_and_answered_from()
    {
        var ansm = SharedSamples.Folder(Path.Combine("reference", "ansm"));
        await using var server = await TestServer.StartAsync(platform);
        var database = platform.Databases.AdminOf(server.Database);
        var api = new DmpApi(server.Channel, platform.Callers.Token(TestProfessional.New()));
        string[] accept = ["--accept-faults", "--effective", "now", "--source", "as published"];
        await DoneAsync(
            database,
            ["import", "thesaurus", "--rules", Path.Combine(ansm, "interactions_2020-10.json"),
            "--substances", Path.Combine(ansm, "substances_2020-10.json"), "--edition", "2020-10", .. accept]);
        var newer = await DoneAsync(
            database,
            ["import", "thesaurus", "--text", Path.Combine(ansm, "thesaurus_2023-09.layout.txt"),
            "--table", Path.Combine(ansm, "interactions_2023-09.csv"), "--edition", "2023-09", "--all", .. accept]);
        Assert.Contains("ANTICOAGULANTS ORAUX", newer, StringComparison.Ordinal);
        await DoneAsync(
            database,
            ["import", "medicines", SharedSamples.Folder(Path.Combine("reference", "bdpm")), "--edition", "2022-06", .. accept]);
        await DoneAsync(
            database,
            ["import", "medicines", SharedSamples.Folder(Path.Combine("reference", "bdpm-2026")), "--edition", "2026-05", .. accept]);
        await Waiting.UntilAsync(async () => await EditionsAsync(api) == ("2023-09", "2026-05"));

        // PLAVIX and COUMADINE.
        var report = (await api.Interactions.CheckInteractionsAsync(
            new CheckInteractionsRequest
            {
                Medicines = { new Medicine { ProductCode = "63564053" }, new Medicine { ProductCode = "3400935693099" } },
            },
            cancellationToken: Token)).Report;
        var rule = report.Rules.Single(one => one.RuleId == Assert.Single(Assert.Single(report.Pairs).Findings).RuleId);
        Assert.Equal(
            ("ANTIAGRÉGANTS PLAQUETTAIRES", "ANTICOAGULANTS ORAUX", InteractionLevel.TakeIntoAccount),
            (rule.FirstEnd, rule.SecondEnd, Assert.Single(rule.Severities).Level));
    }

    private static string Text => Path.Combine(small, "thesaurus.txt");

    [GeneratedRegex(@"\+ MICONAZOLE\n.*\n")]
    private static partial Regex MiconazolePattern();

    private static async Task<(string, string)> EditionsAsync(DmpApi api)
    {
        var report = (await api.Interactions.CheckInteractionsAsync(
            new CheckInteractionsRequest { Medicines = { new Medicine { SubstanceName = "warfarine" } } },
            cancellationToken: Token)).Report;
        return (report.Thesaurus.Name, report.MedicinesDatabase.Name);
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(string database, params string[] arguments) =>
        CommandHome.RunAsync(["reference", .. arguments, "--connection", database]);

    private static Task<string> DoneAsync(string database, params string[] arguments) =>
        CommandHome.DoneAsync(["reference", .. arguments, "--connection", database]);

    private async Task<string> DatabaseAsync() => platform.Databases.AdminOf(await platform.Databases.CreateAsync());

    private string FileOf(string text)
    {
        var path = Path.Combine(directory, $"{Guid.CreateVersion7():N}.txt");
        File.WriteAllText(path, text);
        return path;
    }
}
