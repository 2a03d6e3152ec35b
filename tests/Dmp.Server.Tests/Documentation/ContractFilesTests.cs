using Dmp.Server.Calls;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>The files in protos/ are what a vendor of any language generates from, with nothing but protoc and this repository.</summary>
public sealed class ContractFilesTests
{
    private static readonly string[] all = Repository.Files("protos", "*.proto");

    public static TheoryData<string> Ours => new(all.Where(path => path.StartsWith("protos/dmp/", StringComparison.Ordinal)));

    public static TheoryData<string> All => new(all);

    [Theory]
    [MemberData(nameof(Ours))]
    public void Every_file_generates_one_class_per_file_in_Java(string path)
    {
        var text = Repository.Read(path);
        var package = Path.GetDirectoryName(path)!["protos/".Length..].Replace('/', '.');
        Assert.Contains($"\npackage {package};\n", text, StringComparison.Ordinal);
        Assert.Contains("\noption java_multiple_files = true;\n", text, StringComparison.Ordinal);
        Assert.Contains($"\noption java_package = \"{package}\";\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_import_is_here_or_comes_with_protoc(string path)
    {
        var imports = Repository.Read(path).Split('\n')
            .Where(line => line.StartsWith("import \"", StringComparison.Ordinal))
            .Select(line => line.Split('"')[1])
            .Where(import => !import.StartsWith("google/protobuf/", StringComparison.Ordinal));
        Assert.All(imports, import => Assert.Contains($"protos/{import}", all));
    }

    [Fact]
    public void The_details_of_errors_can_be_generated_too()
    {
        var ours = Repository.Read("protos/google/rpc/error_details.proto");
        Assert.All(
            new MessageDescriptor[]
            {
                ErrorInfo.Descriptor, BadRequest.Descriptor, RequestInfo.Descriptor, LocalizedMessage.Descriptor, RetryInfo.Descriptor,
            },
            message => Assert.Contains($"message {message.Name} {{", ours, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_about_the_contracts_names_every_package()
    {
        var page = Repository.Read("protos/README.md");
        Assert.All(
            all.Where(path => path.StartsWith("protos/dmp/", StringComparison.Ordinal))
                .Select(path => Path.GetDirectoryName(path)!["protos/".Length..]).Distinct(),
            folder => Assert.Contains($"| `{folder.Replace('/', '.')}` |", page, StringComparison.Ordinal));
        Assert.All(
            OfferedServices.All.Select(service => service.File.Package),
            package => Assert.Contains($"| `{package}` |", page, StringComparison.Ordinal));
    }
}
