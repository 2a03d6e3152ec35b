using Xunit;

namespace Dmp.Server.Tests.Content;

/// <summary>Published sample documents and value sets kept beside the repository, never in it.</summary>
internal static class SharedSamples
{
    /// <summary>The folder, or the test is skipped with the reason.</summary>
    public static string Folder(string name)
    {
        var folder = Path.Combine(Root(), name);
        if (!Directory.Exists(folder))
        {
            Assert.Skip($"No folder {name} in ../shared beside the repository nor in the directory named by DMP_SHARED.");
        }

        return folder;
    }

    /// <summary>One file, or null where the folder is missing.</summary>
    public static string? Find(string file) => Path.Combine(Root(), file) is var path && File.Exists(path) ? path : null;

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("DMP_SHARED") is { Length: > 0 } configured)
        {
            return configured;
        }

        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Dmp.Grpc.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.Parent?.FullName ?? AppContext.BaseDirectory, "shared");
    }
}
