namespace Dmp.Interactions;

/// <summary>A file as it was published, wherever its bytes lie.</summary>
/// <param name="Name">Its name without a folder, for the notices on its lines.</param>
/// <param name="Open">Its bytes from the beginning, each time anew; whoever reads them disposes of the stream.</param>
public sealed record PublishedFile(string Name, Func<Stream> Open)
{
    /// <summary>A file of the disk.</summary>
    public static PublishedFile At(string path) => new(Path.GetFileName(path), () => File.OpenRead(path));

    /// <summary>All files of a folder, not of those below it, by their names.</summary>
    public static IReadOnlyList<PublishedFile> In(string folder) =>
        [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(At)];
}
