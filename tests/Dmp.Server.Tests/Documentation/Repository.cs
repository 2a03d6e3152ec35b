using System.Runtime.CompilerServices;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>Files of this repository, for tests that keep documents true.</summary>
internal static class Repository
{
    public static string Read(string path) => File.ReadAllText(PathOf(path));

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

    private static string PathOf(string path, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", path));
}
