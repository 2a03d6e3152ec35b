using Dmp.Server.Startup;
using Dmp.Storage;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>What the README and the guides print is what there is.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_first_integration_is_the_example_and_short()
    {
        var program = Repository.Read("clients/dotnet/examples/FirstIntegration/Program.cs");
        Assert.Contains($"```csharp\n{program}```", Repository.Read("README.md"), StringComparison.Ordinal);
        Assert.InRange(program.Count(c => c == '\n'), 1, 39);
    }

    [Fact]
    public void Every_setting_is_in_the_guide()
    {
        var guide = Repository.Read("docs/configuration.md");
        var options = typeof(DmpApplication).Assembly.GetTypes().Append(typeof(ContentOptions))
            .Where(type => type.Namespace is "Dmp.Server.Options" or "Dmp.Storage"
                && type.GetField("Section") is not null && type.Name != "IdentityOptions");
        foreach (var type in options)
        {
            Assert.All(type.GetProperties().Where(property => property.CanWrite), property => Assert.Contains(
                property.Name, guide, StringComparison.Ordinal));
        }
    }
}
