using System.Diagnostics;
using System.Reflection;
using System.Xml.Linq;
using Dmp.Server.Tests.Fixtures;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>The packages that a vendor gets: made by the one command of clients/README.md, and used from the folder by software of the
/// oldest .NET.</summary>
public sealed class PackagesTests(Platform platform)
{
    private static readonly string configuration =
        typeof(PackagesTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    [Fact]
    public async Task Software_of_the_oldest_dotnet_uses_the_sdk_from_a_folder_of_packages()
    {
        await using var server = await TestServer.StartAsync(platform, TestServer.WithIssuer);
        var folder = Directory.CreateTempSubdirectory("dmp-packages-").FullName;
        try
        {
            // --no-build, because this test is of the same build; the guide's command builds what is missing.
            Assert.Contains(
                "dotnet pack clients/dotnet/Packages.slnf -o artifacts/packages", Repository.Read("clients/README.md"),
                StringComparison.Ordinal);
            await RunAsync(
                Repository.Root, [], "pack", "clients/dotnet/Packages.slnf", "-o", $"{folder}/feed", "--no-build", "-c", configuration);
            foreach (var name in (string[])["Dmp.Client", "Dmp.Contracts", "Dmp.Interactions", "Dmp.Proofs"])
            {
                Assert.Single(Directory.GetFiles($"{folder}/feed", $"{name}.*.nupkg"));
                Assert.Single(Directory.GetFiles($"{folder}/feed", $"{name}.*.snupkg"));
            }

            WriteProject(folder, "net8.0", server);
            // The cache of the user is read for what others publish, and not written: a version of ours means something else after each
            // build.
            (string, string)[] own =
                [("NUGET_PACKAGES", $"{folder}/cache"), ("NUGET_FALLBACK_PACKAGES", Cache()), ("DOTNET_ROLL_FORWARD", "LatestMajor")];
            await RunAsync(folder, own, "add", "App.csproj", "package", "Dmp.Client");
            var output = await RunAsync(folder, own, "run", "--project", "App.csproj");
            Assert.Contains("Bonjour, merci d'avoir vu M. Modèle.", output, StringComparison.Ordinal);
            Assert.Contains("the trace is good", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The program of the README, and the check of the trace, which is another library on each .NET.
    private static void WriteProject(string folder, string framework, TestServer server)
    {
        var program = Repository.Read("clients/dotnet/examples/FirstIntegration/Program.cs")
            .Replace("http://127.0.0.1:7444/", server.SandboxIssuer.ToString(), StringComparison.Ordinal)
            .Replace("http://127.0.0.1:7443", server.Address.ToString(), StringComparison.Ordinal);
        program +=
            """

            var keys = (await dmp.GetCheckpointAsync()).Vkeys;
            Console.WriteLine((await dmp.VerifyTraceAsync(recordId, keys)).IsValid ? "the trace is good" : "the trace is not good");
            """;
        File.WriteAllText($"{folder}/Program.cs", program);
        new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("OutputType", "Exe"),
                new XElement("TargetFramework", framework),
                new XElement("ImplicitUsings", "enable"),
                new XElement("Nullable", "enable"),
                new XElement("TreatWarningsAsErrors", "true"),
                new XElement("UseAppHost", "false"))).Save($"{folder}/App.csproj");
        new XElement(
            "configuration",
            new XElement("packageSources", new XElement("add", new XAttribute("key", "dmp"), new XAttribute("value", $"{folder}/feed"))))
            .Save($"{folder}/nuget.config");
    }

    private static string Cache() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static async Task<string> RunAsync(string directory, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await error;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {output}");
        return output;
    }
}
