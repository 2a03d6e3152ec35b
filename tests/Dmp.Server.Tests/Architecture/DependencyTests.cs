using System.Text.RegularExpressions;
using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Dmp.Server.Calls;
using Dmp.Server.Startup;
using Dmp.Server.Tests.Documentation;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Dmp.Server.Tests.Architecture;

/// <summary>Which part of the house may use which. A line that is changed here is a decision, and says so in an ADR.</summary>
public sealed partial class DependencyTests
{
    private const int DependenciesMax = 6;

    /// <summary>The projects that are shipped, and what each may reference.</summary>
    private static readonly Dictionary<string, string> projects = new(StringComparer.Ordinal)
    {
        ["Dmp.Care"] = "Dmp.Cda Dmp.Contracts Dmp.Facts Dmp.Fhir Dmp.Interactions",
        ["Dmp.Cda"] = "",
        ["Dmp.Codes"] = "Dmp.Interactions",
        ["Dmp.Contracts"] = "",
        ["Dmp.Facts"] = "Dmp.Cda",
        ["Dmp.Fhir"] = "Dmp.Cda Dmp.Facts",
        ["Dmp.Interactions"] = "",
        ["Dmp.Migrator"] = "",
        ["Dmp.Search"] = "Dmp.Cda Dmp.Fhir",
        ["Dmp.Storage"] = "",
        ["Dmp.Proofs"] = "Dmp.Contracts",
        ["Dmp.Xdm"] = "Dmp.Contracts",
        ["Dmp.Client"] = "Dmp.Contracts Dmp.Proofs",
        ["Dmp.Server"] =
            "Dmp.Care Dmp.Cda Dmp.Codes Dmp.Contracts Dmp.Facts Dmp.Fhir Dmp.Interactions Dmp.Migrator Dmp.Proofs Dmp.Search Dmp.Storage",
        ["Dmp.Cli"] = "Dmp.Cda Dmp.Client Dmp.Codes Dmp.Facts Dmp.Fhir Dmp.Interactions Dmp.Proofs Dmp.Storage Dmp.Xdm",
    };

    /// <summary>The folders of the server, each with those that it uses: no line names one below it, so there are no cycles.</summary>
    private static readonly Dictionary<string, string> folders = new(StringComparer.Ordinal)
    {
        ["Errors"] = "",
        ["Calls"] = "Errors",
        ["Logging"] = "",
        ["Data"] = "Calls Errors Logging",
        ["Access"] = "Calls Data Errors",
        ["Audiences"] = "Access Calls Data",
        ["Options"] = "Calls",
        ["Edge"] = "Calls Errors Options",
        ["Audit"] = "Access Calls Data Edge Errors Options",
        ["Postgres"] = "",
        ["Identity"] = "Calls Errors Options Postgres",
        ["Requests"] = "Audit Calls Data Errors",
        ["CareTeams"] = "Access Audit Calls Data Errors Identity Options Requests",
        ["Emergencies"] = "Access Audit Calls Data Errors Options Requests",
        ["Consents"] = "Access Audiences Audit Calls CareTeams Data Emergencies Errors Identity Options Requests",
        ["Delegations"] = "Access Audit Calls Data Errors Requests",
        ["Media"] = "Errors Options",
        ["Messages"] = "Errors",
        ["Documents"] = "Access Audiences Audit Calls Data Errors Media Messages Options Requests",
        ["Records"] = "Access Audit Calls Data Emergencies Errors Identity Options Requests",
        ["Events"] = "Access Audit Calls Data Errors Logging Options Records Requests",
        ["Explanations"] = "Access Audiences Audit Calls Data Documents Errors",
        ["Facts"] = "Access Audit Calls Data Documents Errors Options",
        ["Search"] = "Audit Calls Documents Errors Facts Options",
        ["References"] = "Data Errors Options",
        ["Codes"] = "Access Audit Calls Data Errors References",
        ["Interactions"] = "Access Audit Calls Documents Errors Facts References",
        ["Wishes"] = "Access Audit Calls Data Delegations Documents Errors Facts Records Requests",
        ["Care"] = "Access Audit Calls Codes Data Documents Errors Facts Interactions Options Records References Wishes",
        ["Intake"] = "Access Audit Calls Data Documents Errors Facts Identity Logging Media Messages Options",
        ["Entries"] = "Access Calls Data Errors Intake Records",
        ["Notices"] = "Access Audit Calls Data Errors Options Records Requests",
        ["Pipeline"] = "Audit Calls Data Edge Errors Identity Logging Options",
        ["Services"] =
            "Audit Care CareTeams Codes Consents Delegations Documents Emergencies Entries Events Explanations Facts Intake Interactions "
            + "Notices Pipeline Records Search Wishes",
        ["Startup"] =
            "Access Audiences Audit Calls Care CareTeams Codes Consents Data Delegations Documents Edge Emergencies Entries Events "
            + "Explanations Facts Identity Intake Interactions Logging Media Messages Notices Options Pipeline Postgres Records "
            + "References Requests Search Services Wishes",
    };

    private static readonly ArchUnitNET.Domain.Architecture server =
        new ArchLoader().LoadAssemblies(typeof(DmpApplication).Assembly).Build();

    private static readonly IServiceCollection registered = Registered();

    public static TheoryData<string> Projects => [.. projects.Keys];

    public static TheoryData<string> Folders => [.. folders.Keys];

    public static TheoryData<string> Methods => [.. Descriptors.Select(method => method.Name)];

    private static IEnumerable<MethodDescriptor> Descriptors => OfferedServices.All.SelectMany(service => service.Methods);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_what_it_may(string project)
    {
        var file = Directory.EnumerateFiles(Repository.Root, $"{project}.csproj", SearchOption.AllDirectories)
            .Single(path => !path.Contains("artifacts", StringComparison.Ordinal));
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(projects[project], string.Join(' ', references.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_what_it_may(string folder)
    {
        var used = UsedByTypes(folder).Concat(UsedBySources(folder)).Where(name => name != folder).Distinct();

        Assert.Equal(folders[folder], string.Join(' ', used.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_says_what_it_uses(string folder)
    {
        var used = folders[folder].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => $"`{name}`").ToList();
        var told = folder == "Startup" ? "everything" : used.Count == 0 ? "nothing of the server" : string.Join(", ", used);

        Assert.EndsWith($"\n\nUses {told}.\n", Repository.Read($"src/Dmp.Server/{folder}/README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_folder_is_here_and_uses_only_those_above_it()
    {
        var there = Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Select(FolderOf).OfType<string>().Distinct();
        Assert.Equal(there.Order(StringComparer.Ordinal), folders.Keys.Order(StringComparer.Ordinal));
        var above = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (folder, uses) in folders)
        {
            Assert.Empty(uses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Except(above));
            above.Add(folder);
        }
    }

    /// <summary>Found by guessing: a method of the contract is a class of its name, in a file of its name, with one way in.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void A_method_is_a_class_of_its_name(string method)
    {
        var type = Assert.Single(typeof(DmpApplication).Assembly.GetTypes(), type => !type.IsNested && type.Name == method);
        Assert.Single(Directory.EnumerateFiles(Source, $"{method}.cs", SearchOption.AllDirectories));
        Assert.InRange(Assert.Single(type.GetConstructors()).GetParameters().Length, 1, DependenciesMax);
        var run = Assert.Single(type.GetMethods(), one => one is { IsStatic: false } && one.DeclaringType == type);
        Assert.Equal("RunAsync", run.Name);
        Assert.Equal(typeof(Call), run.GetParameters()[0].ParameterType);
        Assert.Equal(typeof(CancellationToken), run.GetParameters()[^1].ParameterType);
        Assert.Single(registered, service => service.ServiceType == type && service.Lifetime == ServiceLifetime.Singleton);
    }

    /// <summary>What a call learns stands in its <see cref="CallTrace"/>: nothing follows the thread.</summary>
    [Fact]
    public void No_state_is_ambient() => Assert.DoesNotContain(
        server.Types.SelectMany(type => type.Dependencies), dependency => dependency.Target.FullName.StartsWith(
            "System.Threading.AsyncLocal", StringComparison.Ordinal));

    private static ServiceCollection Registered()
    {
        ServiceCollection services = new();
        services.AddMethods();
        return services;
    }

    private static string Source => Path.Combine(Repository.Root, "src", "Dmp.Server");

    /// <summary>As the compiler sees it: constants leave nothing behind, and are found in <see cref="UsedBySources"/>.</summary>
    private static IEnumerable<string> UsedByTypes(string folder) => server.Types
        .Where(type => Folder(type) == folder)
        .SelectMany(type => type.Dependencies)
        .Select(dependency => Folder(dependency.Target))
        .OfType<string>();

    private static IEnumerable<string> UsedBySources(string folder) => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
        .Where(file => FolderOf(file) == folder)
        .SelectMany(file => Using().Matches(File.ReadAllText(file)))
        .Select(use => use.Groups[1].Value);

    private static string? Folder(IType type) => Namespace().Match(type.FullName) is { Success: true } match ? match.Groups[1].Value : null;

    private static string? FolderOf(string file)
    {
        var parts = Path.GetRelativePath(Source, file).Split(Path.DirectorySeparatorChar);
        return parts.Length > 1 && parts[0] is not ("obj" or "bin") ? parts[0] : null;
    }

    [GeneratedRegex(@"^using (?:static |\w+ = )?Dmp\.Server\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();

    // A folder, and not what the compiler puts beside the types.
    [GeneratedRegex(@"^Dmp\.Server\.(\w+)\.")]
    private static partial Regex Namespace();
}
