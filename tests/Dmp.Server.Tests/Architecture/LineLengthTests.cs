using System.Globalization;
using Dmp.Server.Tests.Documentation;
using Xunit;

namespace Dmp.Server.Tests.Architecture;

/// <summary>No line is wider than <c>.editorconfig</c> says: no tool of the build looks at that setting.</summary>
public sealed class LineLengthTests
{
    private const string Setting = "max_line_length = ";

    private static readonly string[] folders = ["clients", "protos", "src", "tests"];

    private static readonly string[] patterns = ["*.cs", "*.proto", "*.sql"];

    [Fact]
    public void No_line_is_wider_than_the_setting()
    {
        var max = Max();
        var files = folders.SelectMany(folder => patterns.SelectMany(pattern => Repository.Files(folder, pattern)))
            .Where(path => !IsBuilt(path))
            .ToList();
        Assert.NotEmpty(files);
        var wide = files.SelectMany(path => WideLines(path, max)).ToList();

        Assert.True(wide.Count == 0, $"{wide.Count} lines have more than {max} characters:\n{string.Join('\n', wide)}");
    }

    private static int Max()
    {
        var setting = Assert.Single(
            Repository.Read(".editorconfig").Split('\n'), line => line.StartsWith(Setting, StringComparison.Ordinal));
        return int.Parse(setting[Setting.Length..], CultureInfo.InvariantCulture);
    }

    // Characters as one counts them: an é of two code points is one.
    private static IEnumerable<string> WideLines(string path, int max) => Repository.Read(path).Split('\n')
        .Select((line, i) => (Number: i + 1, Width: new StringInfo(line.TrimEnd('\r')).LengthInTextElements))
        .Where(line => line.Width > max)
        .Select(line => $"{path}:{line.Number}: {line.Width}");

    private static bool IsBuilt(string path) => path.Split(Path.DirectorySeparatorChar).Any(part => part is "artifacts" or "bin" or "obj");
}
