using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dmp.Server.Identity.Sandbox;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>What ./run and the guides tell a newcomer to type works as it stands there, on whatever ports the sandbox is.</summary>
public sealed partial class PrintedCommandsTests(Platform platform)
{
    [Theory]
    [InlineData("call", "grpcurl")]
    [InlineData("or", ".config/buf/node_modules/.bin/buf")]
    public async Task What_run_prints_at_its_end_can_be_typed(string label, string program)
    {
        await RequireAsync("curl");
        await RequireAsync(program);
        await using var server = await TestServer.StartAsync(platform, TestServer.WithIssuer);
        var (_, printed) = await BashAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"source .config/how-to-call.sh; how_to_call {server.Address.Port} {server.SandboxIssuer.Port}"));
        var commands = Printed().Matches(printed)
            .ToDictionary(match => match.Groups["label"].Value, match => match.Groups["command"].Value);

        var (code, answer) = await BashAsync($"{commands["token"]}\n{commands[label]}");

        Assert.True(code == 0, answer);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(answer).RootElement.ValueKind);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/sandbox.md")]
    public async Task The_token_of_the_guides_is_given(string page)
    {
        await RequireAsync("curl");
        await using var server = await TestServer.StartAsync(platform, TestServer.WithIssuer);
        var commands = Curl().Matches(Repository.Read(page)).Select(match => match.Value).ToList();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            var (code, answer) = await BashAsync(command.Replace(
                ":7444/", string.Create(CultureInfo.InvariantCulture, $":{server.SandboxIssuer.Port}/"), StringComparison.Ordinal));
            Assert.True(code == 0, answer);
            Assert.NotEmpty(JsonDocument.Parse(answer).RootElement.GetProperty("access_token").GetString()!);
        }
    }

    [Fact]
    public void Every_patient_of_the_guides_is_somebody_of_the_sandbox()
    {
        var known = Personas.All.OfType<PatientPersona>().Select(persona => persona.Ins).ToHashSet(StringComparer.Ordinal);
        string[] pages = ["README.md", .. Repository.Files("docs", "*.md"), .. Repository.Files("clients", "*.md")];
        Assert.All(pages, page => Assert.All(
            Ins().Matches(Repository.Read(page)).Select(match => match.Value), ins => Assert.Contains(ins, known)));
    }

    [Fact]
    public void The_page_about_the_sandbox_has_the_numbers_of_everybody_and_the_audience()
    {
        var page = Repository.Read("docs/sandbox.md");
        Assert.Contains($"`aud` is `{SandboxIssuer.Audience}`", page, StringComparison.Ordinal);
        foreach (var patient in Personas.All.OfType<PatientPersona>())
        {
            Assert.Contains(
                $"| `{patient.Name}` | {patient.Ins} | {patient.BirthFamilyName} {string.Join(' ', patient.BirthGivenNames)} | "
                + $"{patient.BirthDate:yyyy-MM-dd} | {patient.Sex} | {patient.BirthPlaceCode} |",
                page,
                StringComparison.Ordinal);
        }

        foreach (var professional in Personas.All.OfType<ProfessionalPersona>())
        {
            Assert.Contains(
                $"| `{professional.Name}` | {professional.Rpps} | {professional.Site.Finess} |", page, StringComparison.Ordinal);
        }
    }

    private static async Task RequireAsync(string program)
    {
        var (code, _) = await BashAsync($"command -v {program}");
        Assert.SkipUnless(code == 0, $"{program} is not on this machine");
    }

    private static async Task<(int Code, string Output)> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await error);
    }

    // A label at the begin of a line, a command, and the lines that it goes on in.
    [GeneratedRegex(@"^  (?<label>[a-z]+) +(?<command>(?:.*\\\n)*.*)$", RegexOptions.Multiline)]
    private static partial Regex Printed();

    [GeneratedRegex(@"^curl (?:.*\\\n)*.*$", RegexOptions.Multiline)]
    private static partial Regex Curl();

    [GeneratedRegex(@"\b[1-8]\d{4}[\dAB]{2}\d{8}\b")]
    private static partial Regex Ins();
}
