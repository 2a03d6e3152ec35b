using System.Runtime.CompilerServices;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>Files of this repository, for tests that keep documents true.</summary>
internal static class Repository
{
    public static string Root => PathOf(".");

    public static string Read(string path) => File.ReadAllText(PathOf(path));

    /// <summary>The files below a folder, as paths from the root of the repository.</summary>
    public static string[] Files(string folder, string pattern) =>
        [.. Directory.GetFiles(PathOf(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(PathOf("."), path))
            .Order(StringComparer.Ordinal)];

    /// <summary>The file holds exactly this text. With DMP_WRITE_DOCS=1 it is written instead.</summary>
    public static void AssertHolds(string path, string expected)
    {
        if (Environment.GetEnvironmentVariable("DMP_WRITE_DOCS") == "1")
        {
            File.WriteAllText(PathOf(path), expected);
        }

        Assert.True(File.Exists(PathOf(path)), $"{path} is missing; DMP_WRITE_DOCS=1 ./test writes it");
        Assert.Equal(expected, Read(path));
    }

    /// <summary>The same for the part of a file between the lines <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- end --&gt;</c>.</summary>
    public static void AssertHolds(string path, string name, string expected)
    {
        var text = Read(path);
        var begin = text.IndexOf($"<!-- {name} -->\n", StringComparison.Ordinal) + $"<!-- {name} -->\n".Length;
        var end = text.IndexOf("<!-- end -->", begin, StringComparison.Ordinal);
        AssertHolds(path, text[..begin] + expected + text[end..]);
    }

    private static string PathOf(string path, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", path));
}
